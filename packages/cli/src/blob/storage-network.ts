/** Reads `storage.json`: who stores, with what code and quorum, and where each node is. */
import { existsSync } from 'node:fs';
import { fromHex, type Json } from '@assay/core';
import { checkCommittee, type Committee } from '@assay/storage';
import { CliError } from '../cli-error.ts';
import { readJsonFile } from '../content/json-file.ts';

/** A node of a storage network. */
export interface StorageMember {
  readonly name: string;
  /** Raw key. */
  readonly id: Uint8Array;
  readonly url: string;
}

export interface StorageNetwork {
  readonly committee: Committee;
  readonly nodes: readonly StorageMember[];
}

/** The network in the file at `path`. @throws CliError; CodecError `shape` for a profile that is not safe and live */
export function readStorageNetwork(path: string): StorageNetwork {
  if (!existsSync(path)) {
    throw new CliError('no-network', {
      what: 'there is no description of a storage network',
      where: path,
      fix: 'Give --storage FILE: {"committee": {networkId, epoch, profile, members}, "nodes": [{name, key, url}]}.',
    });
  }
  const { committee, nodes } = fields(readJsonFile(path));
  const known = Array.isArray(nodes) ? nodes.map((node) => memberOf(node, path)) : undefined;
  if (known === undefined || known.length === 0) throw misfit(path, 'nodes');
  return { committee: committeeOf(fields(committee), path), nodes: known };
}

function committeeOf({ networkId, epoch, profile, members }: Fields, path: string): Committee {
  const { n, k, f, q } = fields(profile);
  const whole = Number.isSafeInteger(epoch) && [n, k, f, q].every(Number.isSafeInteger);
  if (
    !whole ||
    typeof networkId !== 'string' ||
    !/^[0-9a-f]{64}$/.test(networkId) ||
    !Array.isArray(members)
  ) {
    throw misfit(path, 'committee');
  }
  return checkCommittee({
    networkId: fromHex(networkId),
    epoch: Number(epoch),
    profile: { n: Number(n), k: Number(k), f: Number(f), q: Number(q) },
    members: members.map((key) => rawKey(key, path)),
  });
}

function memberOf(value: Json, path: string): StorageMember {
  const { name, key, url } = fields(value);
  if (typeof name !== 'string' || typeof url !== 'string' || !URL.canParse(url)) throw misfit(path, 'nodes');
  return { name, id: rawKey(key, path), url: new URL(url).origin };
}

function rawKey(key: Json | undefined, path: string): Uint8Array {
  if (typeof key === 'string' && /^ed25519:[0-9a-f]{64}$/.test(key)) return fromHex(key.slice(8));
  throw misfit(path, 'a key is not ed25519:<64 hexadecimal digits>');
}

type Fields = Readonly<Record<string, Json | undefined>>;

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const misfit = (where: string, part: string): CliError =>
  new CliError('unreadable-file', { what: `not the description of a storage network: ${part}`, where });
