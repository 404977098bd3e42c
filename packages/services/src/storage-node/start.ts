/** A storage node as one running server: key, disk, engine, HTTP, upkeep. */
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '@assay/core';
import type { Tombstone } from '@assay/storage';
import { followCommittee, rawKey } from '../storage-client/description.ts';
import { type StorageNodeConfig, StorageNodeConfigError } from './config.ts';
import { type Gate, openGate, tenantGate } from './gate.ts';
import { openEngine } from './open-engine.ts';
import { openStorageSeed } from './seed.ts';
import { createStorageServer } from './server.ts';

export interface RunningStorageNode {
  readonly url: string;
  readonly id: Uint8Array;
  /** Reads everything again, deletes what no lease covers; gives what had to be struck. */
  upkeep(): Promise<Tombstone[]>;
  /** Finishes what is being answered, then closes the disk. */
  stop(): Promise<void>;
}

/**
 * Starts a node and resolves once it listens; its new boot is on the disk by then. The clock tells it the epoch, where the
 * network has a schedule.
 * @throws StorageNodeConfigError `schema` when the configuration names no committee
 */
export async function startStorageNode(
  config: StorageNodeConfig,
  onFault: (error: unknown) => void,
  clock: Clock = systemClock,
): Promise<RunningStorageNode> {
  if (config.committee === undefined)
    throw new StorageNodeConfigError('schema', { what: 'there is no committee to serve' });
  const committee = followCommittee(config.committee, clock);
  const signer = openStorageSeed(config.seedFile);
  const { engine, close } = await openEngine(config, { committee, signer });
  const gate = gateOf(config, engine.id);
  const server = createStorageServer({ engine, gate, onFault });
  const at = config.listen.lastIndexOf(':');
  const host = config.listen.slice(0, at);
  await new Promise<void>((resolve, reject) => {
    server
      .once('error', reject)
      .listen(Number(config.listen.slice(at + 1)), host.replace(/^\[|\]$/g, ''), resolve);
  });
  let looking: Promise<Tombstone[]> | undefined;
  const look = async (): Promise<Tombstone[]> => {
    const stones = await engine.scrub();
    await engine.collect();
    return stones;
  };
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    id: engine.id,
    // A look that takes longer than the time between two is not overtaken: both would move the same segments.
    upkeep: () => (looking ??= look().finally(() => (looking = undefined))),
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
      await close();
    },
  };
}

function gateOf({ tenants, readers }: StorageNodeConfig, node: Uint8Array): Gate {
  if (tenants === 'everybody') return openGate;
  const now = (): number => Math.floor(Date.now() / 1_000);
  return tenantGate({ node, tenants: tenants.map(rawKey), openReads: readers === 'everybody', now });
}
