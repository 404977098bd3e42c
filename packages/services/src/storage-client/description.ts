/** The description of a storage network (`storage.json`): who stores, with what code and quorum, and where each node is. */
import { fromHex } from '@assay/core';
import { checkCommittee, type Committee } from '@assay/storage';
import { z } from 'zod';
import { readConfigFile } from '../serving/config-file.ts';

/** A storage node's or a tenant's key. */
export const storageKey = z.string().regex(/^ed25519:[0-9a-f]{64}$/, { error: 'expected ed25519:<64 hex>' });

/** A committee as configuration and descriptions state it. */
export const committeeSchema = z.strictObject({
  networkId: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hex' }),
  epoch: z.int().nonnegative(),
  /** k + f ≤ q ≤ n − f. */
  profile: z.strictObject({ k: z.int(), n: z.int(), f: z.int(), q: z.int() }),
  members: z.array(storageKey).min(1).max(255),
});

const descriptionSchema = z.strictObject({
  committee: committeeSchema,
  nodes: z.array(z.strictObject({ name: z.string().min(1), key: storageKey, url: z.url() })).min(1),
});

/** What `storage.json` holds. */
export type StorageDescription = z.infer<typeof descriptionSchema>;

/** A node of a storage network. */
export interface StorageMember {
  readonly name: string;
  /** Raw key. */
  readonly id: Uint8Array;
  readonly url: string;
}

/** A storage network, checked. */
export interface StorageNetwork {
  readonly committee: Committee;
  readonly nodes: readonly StorageMember[];
}

/** The network in the file at `path`. @throws ConfigError; CodecError `shape` for a profile that is not safe and live */
export function readStorageNetwork(path: string): StorageNetwork {
  return storageNetworkOf(readConfigFile(path, descriptionSchema));
}

/** @throws CodecError `shape` for a profile that is not safe and live */
export function storageNetworkOf({ committee, nodes }: StorageDescription): StorageNetwork {
  const members = nodes.map(({ name, key, url }) => ({ name, id: rawKey(key), url: new URL(url).origin }));
  return { committee: committeeOf(committee), nodes: members };
}

/** The committee of a configuration. @throws CodecError `shape` when its profile is unsafe */
export function committeeOf({
  networkId,
  epoch,
  profile,
  members,
}: z.infer<typeof committeeSchema>): Committee {
  return checkCommittee({ networkId: fromHex(networkId), epoch, profile, members: members.map(rawKey) });
}

/** The 32 bytes of a key as configuration writes it. */
export const rawKey = (key: string): Uint8Array => fromHex(key.slice('ed25519:'.length));
