/** Where everything of a local network lives: one folder, and one block of ports. */
import { join } from 'node:path';

/** What a local network is asked to be. */
export interface NetworkPlan {
  /** Folder that holds keys, logs, outboxes, blobs and configuration. */
  readonly dir: string;
  /** First port; the gateway's. The others follow. */
  readonly port: number;
  /** Inference nodes by name, in order; a fault stands in the name. */
  readonly nodes: readonly NodePlan[];
}

/** One inference node, with a deliberate fault if the plan says so. */
export interface NodePlan {
  readonly name: string;
  readonly fault?: NodeFault;
}

/** The deliberate faults that a node can be run with. */
export type NodeFault = 'serve-stale:honest' | 'serve-stale:lying';

/** Witnesses of a local network, and how many must agree (PROTOCOL 4.1: q > (n+f)/2 and q ≤ n−f with f = 1). */
export const WITNESSES = 4;
export const QUORUM = 3;

/** `node-c` with a fault is called `node-c.fault-serve-stale-lying`, in the log as well. */
export function nodeName(letter: string, fault?: NodeFault): NodePlan {
  const name = `node-${letter}`;
  return fault === undefined ? { name } : { name: `${name}.fault-${fault.replace(':', '-')}`, fault };
}

/** The paths and addresses that follow from a plan. */
export class Layout {
  readonly plan: NetworkPlan;

  constructor(plan: NetworkPlan) {
    this.plan = plan;
  }

  get origin(): string {
    return `127.0.0.1:${this.plan.port + 1}/local`;
  }

  get logUrl(): string {
    return this.#url(1);
  }

  get gatewayUrl(): string {
    return this.#url(0);
  }

  witnessUrl(i: number): string {
    return this.#url(2 + i);
  }

  nodeUrl(i: number): string {
    return this.#url(2 + WITNESSES + i);
  }

  /** All ports that the network listens on. */
  get ports(): number[] {
    return Array.from({ length: 2 + WITNESSES + this.plan.nodes.length }, (_, i) => this.plan.port + i);
  }

  key(name: string): string {
    return this.path('keys', `${name}.json`);
  }

  config(name: string): string {
    return this.path('config', `${name}.json`);
  }

  /** Folder of a process's own state. */
  state(name: string): string {
    return this.path('state', name);
  }

  get policy(): string {
    return this.path('policy');
  }

  get blobs(): string {
    return this.path('blobs');
  }

  /** Description of the network for every other command. */
  get description(): string {
    return this.path('network.json');
  }

  path(...parts: string[]): string {
    return join(this.plan.dir, ...parts);
  }

  #url(offset: number): string {
    return `http://127.0.0.1:${this.plan.port + offset}`;
  }
}
