/** A storage keeper as a running service: it follows the log, and looks after what is stored, round after round. */
import { readFileSync } from 'node:fs';
import { type Clock, type Entropy, signStatement } from '@assay/core';
import { openIdentity } from '@assay/core/node';
import { parsePolicy } from '@assay/log';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Follower } from '../follow/index.ts';
import { LogClient } from '../log-client/index.ts';
import { joinEntry } from '../participant/index.ts';
import {
  connectStorage,
  readStorageNetwork,
  type StorageConnection,
  type StorageNetwork,
} from '../storage-client/index.ts';
import { StorageKeeper } from './keeper.ts';
import { StorageRecords } from './storage-records.ts';

const text = z.string().min(1);

/** The configuration file of a storage keeper; times in seconds. */
export const storageKeeperConfigSchema = z.strictObject({
  /** Key file, made if absent; the storage nodes must serve it as a tenant. */
  identity: text,
  /** Description of the storage network. */
  network: text,
  log: z.strictObject({ url: z.url(), policy: text, pollMs: z.int().min(10).default(1_000) }),
  /** Between two rounds. */
  every: z.number().positive().default(60),
  leaves: z.int().min(1).max(1_024).default(4),
  /** Leases of wanted blobs are renewed when they end within so many epochs; half of a new lease unless given. */
  renewWithin: z.int().min(1).default(13),
  /** How long a node may be silent before its shards are rebuilt elsewhere. */
  absentAfter: z.number().positive().default(86_400),
});

export type StorageKeeperConfig = z.infer<typeof storageKeeperConfigSchema>;

/** A keeper that runs. */
export interface RunningKeeper {
  stop(): Promise<void>;
}

/** Starts it; a log or storage that is not there yet is waited for. @throws KeyFileError, PolicyError, ConfigError */
export function startStorageKeeper(
  config: StorageKeeperConfig,
  outside: { clock: Clock; entropy: Entropy; log: Logger },
): RunningKeeper {
  const { clock, entropy, log } = outside;
  const identity = openIdentity(config.identity, entropy);
  const connect = (network: StorageNetwork): StorageConnection =>
    connectStorage(network, { clock, entropy, signer: identity.signer });
  let connection = connect(readStorageNetwork(config.network, clock));
  const records = new StorageRecords(connection.committee);
  const client = new LogClient(config.log.url);
  const follower = new Follower({
    log: client,
    policy: parsePolicy(readFileSync(config.log.policy)),
    clock,
    pollMs: config.log.pollMs,
    onRecord: (record, { refusal }) => refusal === undefined && records.note(record),
    onError: (error) => log.warn({ err: error }, 'following the log'),
  });
  const keeper = new StorageKeeper({
    connection,
    records,
    leaves: config.leaves,
    renewWithinEpochs: config.renewWithin,
    absentAfterMs: config.absentAfter * 1_000,
    now: () => clock.now(),
    say: async (kind, predicate) => {
      if (follower.registry.participants.get(identity.keyId) === undefined)
        await client.append(
          joinEntry(identity, { roles: ['verifier'], name: 'storage-keeper', endpoints: [] }),
        );
      return (await client.append(signStatement(kind, predicate, identity.signer))).id;
    },
  });
  /** The description is read anew for each round: by its schedule, or by somebody's hand, the epoch may have moved. */
  const followEpoch = async (): Promise<void> => {
    const network = readStorageNetwork(config.network, clock);
    if (network.committee.epoch === connection.committee.epoch) return;
    log.info({ epoch: network.committee.epoch }, 'the storage network is in another epoch');
    const old = connection;
    connection = connect(network);
    keeper.use(connection);
    await old[Symbol.asyncDispose]();
  };
  const stopping = new AbortController();
  const times = { everyMs: config.every * 1_000, signal: stopping.signal };
  const running = keepOn(keeper, { follower, followEpoch, log, ...times });
  return {
    stop: async () => {
      stopping.abort();
      await running;
      await follower.stop();
      await connection[Symbol.asyncDispose]();
    },
  };
}

interface Keeping {
  readonly follower: Follower;
  readonly followEpoch: () => Promise<void>;
  readonly log: Logger;
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

async function keepOn(
  keeper: StorageKeeper,
  { follower, followEpoch, log, everyMs, signal }: Keeping,
): Promise<void> {
  follower.start();
  while (await waited(everyMs, signal)) {
    try {
      await followEpoch();
      await follower.catchUp();
      for (const { problem, ...kept } of await keeper.round()) {
        const fell = kept.before.least < kept.before.of || problem !== undefined;
        if (fell) log.warn({ ...kept, err: problem }, 'a blob has lost shards');
        const { state, until } = kept.lease;
        if (state === 'renewed') log.info({ blob: kept.blob, until }, 'leases renewed');
        if (state === 'failed') log.error({ blob: kept.blob, ...kept.lease }, 'leases could not be renewed');
      }
    } catch (error) {
      log.warn({ err: error }, 'a round of storage keeping failed; the next one tries again');
    }
  }
}

/** False when it is time to stop. */
function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
