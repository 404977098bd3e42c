/** The description of a storage network (`storage.json`): who stores, with what code and quorum, and where each node is. */
import { type Clock, fromHex } from '@assay/core';
import { checkCommittee, type Committee } from '@assay/storage';
import { z } from 'zod';
import { readConfigFile } from '../serving/config-file.ts';

/** A storage node's or a tenant's key. */
export const storageKey = z.string().regex(/^ed25519:[0-9a-f]{64}$/, { error: 'expected ed25519:<64 hex>' });

/** A committee as configuration and descriptions state it. */
export const committeeSchema = z.strictObject({
  networkId: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 64 hex' }),
  /** The epoch, or with a schedule the first one. */
  epoch: z.int().nonnegative(),
  /** By what time epochs follow one another; without it the operators move the epoch by hand. */
  epochs: z
    .strictObject({
      /** When the first epoch began. */
      since: z.iso.datetime(),
      /** How long each lasts, in seconds. */
      every: z.number().positive(),
    })
    .optional(),
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

/** The file at `path`, as it stands there. @throws ConfigError */
export function readStorageDescription(path: string): StorageDescription {
  return readConfigFile(path, descriptionSchema);
}

/**
 * The network in the file at `path`, in the epoch that the clock says it is.
 * @throws ConfigError; CodecError `shape` for a profile that is not safe and live
 */
export function readStorageNetwork(path: string, clock: Clock): StorageNetwork {
  return storageNetworkOf(readStorageDescription(path), clock);
}

/** @throws CodecError `shape` for a profile that is not safe and live */
export function storageNetworkOf({ committee, nodes }: StorageDescription, clock: Clock): StorageNetwork {
  const members = nodes.map(({ name, key, url }) => ({ name, id: rawKey(key), url: new URL(url).origin }));
  return { committee: committeeOf(committee, clock), nodes: members };
}

type CommitteeConfig = z.infer<typeof committeeSchema>;

/**
 * The epoch by the network's schedule. Clocks need agree no better than to an epoch: nodes sign for the one before theirs too.
 * One that is set wrong by more has its node refuse what others ask, or delete too early, and be convicted for that.
 */
function epochOf({ epoch, epochs }: CommitteeConfig, clock: Clock): number {
  if (epochs === undefined) return epoch;
  const passed = (clock.now() - Date.parse(epochs.since)) / (epochs.every * 1_000);
  return epoch + Math.max(0, Math.floor(passed));
}

/** The committee of a configuration, now. @throws CodecError `shape` when its profile is unsafe */
export function committeeOf(config: CommitteeConfig, clock: Clock): Committee {
  const { networkId, profile, members } = config;
  const epoch = epochOf(config, clock);
  return checkCommittee({ networkId: fromHex(networkId), epoch, profile, members: members.map(rawKey) });
}

/** The committee of a configuration at each moment that it is asked for. @throws CodecError `shape` likewise, at once */
export function followCommittee(config: CommitteeConfig, clock: Clock): () => Committee {
  let current = committeeOf(config, clock);
  return () => {
    const epoch = epochOf(config, clock);
    if (epoch !== current.epoch) current = { ...current, epoch };
    return current;
  };
}

/** The 32 bytes of a key as configuration writes it. */
export const rawKey = (key: string): Uint8Array => fromHex(key.slice('ed25519:'.length));
