/** What network to run: as asked at the command line, and for the rest as the folder was made. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';
import { readNetworkFile } from '../network-file.ts';
import { type NetworkPlan, NODE_FAULTS, type NodeFault, nodeName, type NodePlan } from './layout.ts';

/** What of a plan was asked for. */
export interface PlanAsked {
  readonly dir: string;
  readonly port?: number;
  readonly nodes?: number;
  /** `NODE=FAULT`, or `none`. */
  readonly fault?: readonly string[];
  /** Without money. */
  readonly free?: boolean;
}

const PORT = 7_400;
const NODES = 3;

/** The plan. A folder keeps the one that it was made with, so what is not asked for is as it was. @throws CliError */
export function planOf({ dir, port, nodes, fault, free }: PlanAsked): NetworkPlan {
  const made = existsSync(join(dir, 'network.json')) ? readNetworkFile(dir) : undefined;
  const asBefore = made === undefined ? [] : made.nodes.map(({ name }) => planOfName(name));
  const count = nodes ?? (made === undefined ? NODES : asBefore.length);
  return {
    dir: resolve(dir),
    port: port ?? (made === undefined ? PORT : Number(new URL(made.gateway.url).port)),
    nodes:
      made === undefined || fault !== undefined || count !== asBefore.length
        ? nodePlans(count, fault ?? [])
        : asBefore,
    money: free === true ? false : made === undefined || made.money !== undefined,
  };
}

function planOfName(name: string): NodePlan {
  const fault = NODE_FAULTS.find((each) => name.endsWith(`.fault-${each.replace(':', '-')}`));
  return fault === undefined ? { name } : { name, fault };
}

function nodePlans(count: number, fault: readonly string[]): NodePlan[] {
  const faults = new Map(fault.filter((each) => each !== 'none').map(parseFault));
  const letters = Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));
  const stranger = [...faults.keys()].find((letter) => !letters.includes(letter));
  if (stranger !== undefined) {
    throw new CliError('usage', {
      what: `there is no node "${stranger}"`,
      fix: `The nodes are ${letters.join(', ')}.`,
    });
  }
  return letters.map((letter) => nodeName(letter, faults.get(letter)));
}

function parseFault(text: string): [string, NodeFault] {
  const [node = '', name = ''] = text.split('=');
  const fault = NODE_FAULTS.find((each) => each === name);
  if (fault === undefined) {
    throw new CliError('usage', {
      what: `"${text}" is not NODE=FAULT`,
      fix: `Write for example c=${NODE_FAULTS[1]}.`,
    });
  }
  return [node.replace(/^node-/, ''), fault];
}
