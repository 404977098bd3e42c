/** Where everything of a local network lives: one folder, and one block of ports. */
import { join } from 'node:path';
import { PROFILES } from '@assay/storage';

/** What a local network is asked to be. */
export interface NetworkPlan {
  /** Folder that holds keys, logs, outboxes, stored content and configuration. */
  readonly dir: string;
  /** First port; the gateway's. The others follow: log, witnesses, inference nodes, storage nodes, chain, settler. */
  readonly port: number;
  /** Inference nodes by name, in order; a fault stands in the name. */
  readonly nodes: readonly NodePlan[];
  /** Whether answers are paid for; without, everything is free. */
  readonly money?: boolean;
}

/** One inference node, with a deliberate fault if the plan says so. */
export interface NodePlan {
  readonly name: string;
  readonly fault?: NodeFault;
}

/** The deliberate faults that a node can be run with. */
export const NODE_FAULTS = ['serve-stale:honest', 'serve-stale:lying'] as const;
export type NodeFault = (typeof NODE_FAULTS)[number];

/** Witnesses of a local network, and how many must agree (PROTOCOL 4.1: q > (n+f)/2 and q ≤ n−f with f = 1). */
export const WITNESSES = 4;
export const QUORUM = 3;

/** Code and quorum of a local network's storage: any four of six nodes give everything back (DESIGN §12). */
export const STORAGE_PROFILE = PROFILES.local;

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

  storageUrl(i: number): string {
    return this.#url(2 + WITNESSES + this.plan.nodes.length + i);
  }

  get chainUrl(): string {
    return this.#url(this.#freePortCount);
  }

  get settlerUrl(): string {
    return this.#url(this.#freePortCount + 1);
  }

  /** All ports that the network listens on. */
  get ports(): number[] {
    return Array.from({ length: this.#portCount }, (_, i) => this.plan.port + i);
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

  /** Description of the storage network. */
  get storage(): string {
    return this.path('storage.json');
  }

  /** Cache of content of a process. */
  content(name: string): string {
    return this.path('content', name);
  }

  /** Description of the network for every other command. */
  get description(): string {
    return this.path('network.json');
  }

  path(...parts: string[]): string {
    return join(this.plan.dir, ...parts);
  }

  get #portCount(): number {
    return this.#freePortCount + (this.plan.money === true ? 2 : 0);
  }

  /** Ports of a network without money. */
  get #freePortCount(): number {
    return 2 + WITNESSES + this.plan.nodes.length + STORAGE_PROFILE.n;
  }

  #url(offset: number): string {
    return `http://127.0.0.1:${this.plan.port + offset}`;
  }
}
