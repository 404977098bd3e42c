/** Leases over real node processes: what a version names is signed for again in time; what nobody wants is collected. */
import {
  ed25519Signer,
  fromHex,
  hex,
  keyIdOf,
  type LogRecord,
  openStatement,
  randomBytes,
  signStatement,
  systemClock,
} from '@assay/core';
import { memorySource, NodeError, openBlob, TransferError } from '@assay/storage';
import { afterEach, describe, expect, it } from 'vitest';
import {
  certificatePredicate,
  connectStorage,
  type StorageConnection,
} from '../../src/storage-client/index.ts';
import { type KeptBlob, StorageKeeper, StorageRecords } from '../../src/storage-keeper/index.ts';
import { storeFiles } from '../../src/version-content/index.ts';
import { Cluster } from '../storage-node/cluster.ts';

/** Epochs of a lease, and how long before its end it is renewed. */
const LEASE = 4;
const WITHIN = 2;
const signer = ed25519Signer(randomBytes(32));
const outside = { clock: systemClock, entropy: { bytes: randomBytes } };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each[Symbol.asyncDispose]();
});

/** A log of certificates and published versions, and a network that it speaks of. */
class Scene {
  readonly cluster: Cluster;
  readonly said: LogRecord[] = [];
  readonly records: StorageRecords;
  #connection: StorageConnection;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.records = new StorageRecords(cluster.committee);
    this.#connection = this.#connect();
  }

  log(entry: Uint8Array): string {
    const record = { ...openStatement(entry), index: this.said.length } as LogRecord;
    this.said.push(record);
    this.records.note(record);
    return record.id;
  }

  async moveTo(epoch: number): Promise<void> {
    await this.cluster.moveTo(epoch);
    this.#connection = this.#connect();
  }

  async store(): Promise<string> {
    const files = [{ path: 'weights', source: memorySource(randomBytes(300_000)) }];
    const stored = await storeFiles(files, { connection: this.#connection });
    this.log(signStatement('blob.certificate', certificatePredicate(stored, this.cluster.committee), signer));
    return hex(stored.blobId);
  }

  publish(blob: string): void {
    const tensor = { name: 'x', datatype: 'FP32' as const, shape: [1] };
    const predicate = {
      model: `${keyIdOf(signer.publicKey)}/m`,
      version: `sha256:${'0'.repeat(64)}`,
      label: 'v1',
      blob: { id: blob, size: '300000' },
      inputs: [tensor],
      outputs: [tensor],
      licence: 'MIT',
    };
    this.log(signStatement('version.publish', predicate, signer));
  }

  /** What the keeper says of a blob after a round. */
  async round(): Promise<Map<string, KeptBlob>> {
    const keeper = new StorageKeeper({
      connection: this.#connection,
      records: this.records,
      leaves: 4,
      absentAfterMs: 86_400_000,
      renewWithinEpochs: WITHIN,
      now: () => 0,
      say: (kind, predicate) => Promise.resolve(this.log(signStatement(kind, predicate, signer))),
    });
    return new Map((await keeper.round()).map((kept) => [kept.blob, kept]));
  }

  /** Whether the blob can be read to its last byte. */
  async reads(blob: string): Promise<boolean> {
    try {
      using opened = await openBlob(fromHex(blob), this.#connection.options);
      return (await opened.bytes('weights')).length === 300_000;
    } catch (error) {
      if (error instanceof TransferError || error instanceof NodeError) return false;
      throw error;
    }
  }

  #connect(): StorageConnection {
    const connection = connectStorage(this.cluster.description, outside);
    open.push(connection);
    return connection;
  }
}

async function scene(): Promise<Scene> {
  const cluster = await Cluster.start({ upkeep: 1, more: { leaseEpochs: LEASE } });
  open.push(cluster);
  return new Scene(cluster);
}

describe('leases', () => {
  it('a blob that a version names outlives its first lease, what cannot be renewed is reported and tried again, and a blob that nobody names is collected', async () => {
    const network = await scene();
    const [wanted, unwanted] = [await network.store(), await network.store()];
    network.publish(wanted);
    const early = await network.round();
    expect(early.get(wanted)?.lease).toEqual({ state: 'runs', until: 1 + LEASE });
    expect(early.get(unwanted)?.lease).toEqual({ state: 'unwanted', until: 1 + LEASE });
    const before = network.said.length;

    await network.moveTo(3);
    for (const at of [1, 2]) await network.cluster.kill(at);
    const failed = await network.round();
    expect(failed.get(wanted)?.lease, 'reported').toEqual({ state: 'failed', until: 5, short: [0] });
    expect(network.said, 'and nothing logged').toHaveLength(before);
    await Promise.all([1, 2].map((at) => network.cluster.restart(at)));
    const due = await network.round();
    expect(due.get(wanted)?.lease).toEqual({ state: 'renewed', until: 3 + LEASE });
    expect(due.get(wanted)?.after.least, 'all that was renewed stands').toBeGreaterThanOrEqual(5);
    expect(network.said.slice(before)).toMatchObject([
      { kind: 'blob.certificate', predicate: { blob: wanted, leaseEnd: '7', committee: { epoch: '3' } } },
    ]);
    // Said once: what was logged is what the next round starts from.
    expect((await network.round()).get(wanted)?.lease).toEqual({ state: 'runs', until: 7 });

    // The first lease of both ended with epoch 4, and two epochs later nodes collect.
    await network.moveTo(7);
    await expect.poll(() => network.reads(unwanted), { timeout: 60_000, interval: 500 }).toBe(false);
    expect(await network.reads(wanted)).toBe(true);
    expect((await network.round()).get(wanted)).toMatchObject({
      lease: { state: 'renewed', until: 11 },
      after: { belowQuorum: 0 },
    });
  }, 180_000);
});
