/** A storage node as one running server: key, disk, engine, HTTP, upkeep. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { ed25519Signer, fromHex, hex, randomBytes, type Signer } from '@assay/core';
import type { Tombstone } from '@assay/storage';
import { monotonicClock, openFileDisk, StorageEngine } from '@assay/storage/node';
import { committeeOf, type StorageNodeConfig, StorageNodeConfigError } from './config.ts';
import { openGate, tenantGate } from './gate.ts';
import { createStorageServer } from './server.ts';

export interface RunningStorageNode {
  readonly url: string;
  readonly id: Uint8Array;
  /** Reads everything again, deletes what no lease covers; gives what had to be struck. */
  upkeep(): Promise<Tombstone[]>;
  /** Finishes what is being answered, then closes the disk. */
  stop(): Promise<void>;
}

/** The node's key, made at the first start. */
export function openStorageSeed(path: string): Signer {
  try {
    writeFileSync(path, `${hex(randomBytes(32))}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return ed25519Signer(fromHex(readFileSync(path, 'utf8').trim()));
}

/**
 * Starts a node and resolves once it listens; its new boot is on the disk by then.
 * @throws StorageNodeConfigError `schema` when the configuration names no committee
 */
export async function startStorageNode(
  config: StorageNodeConfig,
  onFault: (error: unknown) => void,
): Promise<RunningStorageNode> {
  if (config.committee === undefined)
    throw new StorageNodeConfigError('schema', { what: 'there is no committee to serve' });
  const committee = committeeOf(config.committee);
  const signer = openStorageSeed(config.seedFile);
  const disk = await openFileDisk(config.data);
  const { quotaBytes, segmentBytes = 64 << 20 } = config;
  const engine = await StorageEngine.open({
    disk,
    signer,
    committee: () => committee,
    clock: monotonicClock,
    randomBytes,
    quotaBytes,
    segmentBytes,
  });
  const gate = config.tenants === 'everybody' ? openGate : gateFor(config.tenants, engine.id);
  const server = createStorageServer({ engine, gate, onFault });
  const at = config.listen.lastIndexOf(':');
  const host = config.listen.slice(0, at);
  await new Promise<void>((resolve, reject) => {
    server
      .once('error', reject)
      .listen(Number(config.listen.slice(at + 1)), host.replace(/^\[|\]$/g, ''), resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    id: engine.id,
    upkeep: async () => {
      const stones = await engine.scrub();
      await engine.collect();
      return stones;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
      await disk[Symbol.asyncDispose]();
    },
  };
}

function gateFor(tenants: readonly string[], node: Uint8Array): ReturnType<typeof tenantGate> {
  const keys = tenants.map((text) => fromHex(text.slice('ed25519:'.length)));
  return tenantGate({ node, tenants: keys, now: () => Math.floor(Date.now() / 1_000) });
}
