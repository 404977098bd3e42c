/** Reads a local network's description, so that commands find its log, its gateway and its nodes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@assay/core';
import { CliError } from './cli-error.ts';
import { readJsonFile } from './content/json-file.ts';
import type { MoneyDescription } from './network/money.ts';

/** A process of the network that answers at a URL. */
export interface Endpoint {
  readonly name: string;
  readonly url: string;
}

/** What a command needs of `network.json`. */
export interface NetworkFile {
  readonly origin: string;
  readonly log: { readonly url: string };
  readonly gateway: { readonly url: string };
  readonly nodes: readonly Endpoint[];
  /** Absent where everything is free. */
  readonly money?: MoneyDescription;
}

/** The network in `dir`. @throws CliError `no-network` | `unreadable-file` */
export function readNetworkFile(dir: string): NetworkFile {
  const path = join(dir, 'network.json');
  if (!existsSync(path)) {
    throw new CliError('no-network', {
      what: 'there is no local network here',
      where: path,
      fix: 'Start one with "npx assay up", or give --dir, or --log URL with --policy FILE.',
    });
  }
  const file = readJsonFile(path);
  if (isNetwork(file)) return file;
  throw new CliError('unreadable-file', {
    what: 'not the description of a local network',
    where: path,
    fix: 'Start the network again with "npx assay up".',
  });
}

function isNetwork(file: unknown): file is NetworkFile {
  const { origin, log, gateway, nodes, money } = fieldsOf(file);
  const placed = [log, gateway].every((service) => typeof fieldsOf(service)['url'] === 'string');
  const paid =
    money === undefined || ['rpc', 'gateway'].every((of) => typeof fieldsOf(money)[of] === 'string');
  return typeof origin === 'string' && placed && paid && Array.isArray(nodes) && nodes.every(isEndpoint);
}

function isEndpoint(value: unknown): boolean {
  const { name, url } = fieldsOf(value);
  return typeof name === 'string' && typeof url === 'string';
}

const fieldsOf = (value: unknown): Record<string, Json | undefined> =>
  typeof value === 'object' && value !== null ? (value as Record<string, Json | undefined>) : {};
