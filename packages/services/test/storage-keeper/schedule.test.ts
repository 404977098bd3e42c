/** Epochs by a schedule, over three nodes on folders and three on buckets: leases are renewed in time, and what nobody wants goes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ed25519Signer,
  fromHex,
  hex,
  keyIdOf,
  type LogRecord,
  openStatement,
  type Predicate,
  randomBytes,
  signStatement,
} from '@assay/core';
import { memorySource, openBlob, packId, PROFILES } from '@assay/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strictS3, type StrictS3 } from '../../../storage/test/strict-s3.ts';
import {
  certificatePredicate,
  connectStorage,
  readStorageNetwork,
  type StorageConnection,
} from '../../src/storage-client/index.ts';
import { committeeOf, followCommittee } from '../../src/storage-client/description.ts';
import { StorageKeeper, StorageRecords } from '../../src/storage-keeper/index.ts';
import { loadStorageNodeConfig } from '../../src/storage-node/config.ts';
import { openStorageSeed } from '../../src/storage-node/seed.ts';
import { type RunningStorageNode, startStorageNode } from '../../src/storage-node/start.ts';
import { storeFiles } from '../../src/version-content/index.ts';

const DAY = 86_400_000;
/** Epochs of a lease. */
const LEASE = 4;
const BUCKETS = [3, 4, 5];
const since = Date.parse('2026-11-01T00:00:00Z');
let time = since;
const clock = { now: () => time };
const directory = mkdtempSync(join(tmpdir(), 'assay-schedule-'));
const networkFile = join(directory, 'storage.json');
const signer = ed25519Signer(randomBytes(32));
const nodes: RunningStorageNode[] = [];
let s3: StrictS3;
let committee: Parameters<typeof committeeOf>[0];

/** Its configuration file is read as that of any node's process. */
function configFile(at: number): string {
  const credentialsFile = join(directory, 'credentials.json');
  const bucket = { endpoint: s3.endpoint, bucket: 'shards', prefix: `node-${at}/`, credentialsFile };
  const place = BUCKETS.includes(at) ? { s3: bucket } : { data: join(directory, `data-${at}`) };
  const path = join(directory, `node-${at}.json`);
  const listen = nodes[at] === undefined ? '127.0.0.1:0' : new URL(nodes[at].url).host;
  const seedFile = join(directory, `seed-${at}`);
  const more = { quotaBytes: 2 ** 30, segmentBytes: 2 ** 20, leaseEpochs: LEASE, tenants: 'everybody' };
  writeFileSync(path, JSON.stringify({ listen, seedFile, ...place, ...more, committee }));
  return path;
}

async function start(at: number): Promise<void> {
  const failed = (error: unknown): never => {
    throw new Error(`node ${at} failed`, { cause: error });
  };
  nodes[at] = await startStorageNode(loadStorageNodeConfig(configFile(at)), failed, clock);
}

beforeAll(async () => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'credentials.json'),
    JSON.stringify({ accessKeyId: 'a', secretAccessKey: 'b' }),
  );
  s3 = await strictS3();
  const keys = Array.from({ length: 6 }, (_, at) => {
    return `ed25519:${hex(openStorageSeed(join(directory, `seed-${at}`)).publicKey)}`;
  });
  const epochs = { since: new Date(since).toISOString(), every: DAY / 1_000 };
  committee = { networkId: hex(randomBytes(32)), epoch: 1, epochs, profile: PROFILES.local, members: keys };
  for (let at = 0; at < 6; at++) await start(at);
  const described = nodes.map(({ url }, at) => ({ name: `node-${at}`, key: keys[at], url }));
  writeFileSync(networkFile, JSON.stringify({ committee, nodes: described }));
});

afterAll(async () => {
  for (const node of nodes) await node.stop();
  await s3[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const connect = (): StorageConnection =>
  connectStorage(readStorageNetwork(networkFile, clock), { clock, entropy: { bytes: randomBytes } });

describe('epochs by a schedule', () => {
  it('follow one another by the clock, never before the first, and everybody computes the same', () => {
    const at = (days: number): number => committeeOf(committee, { now: () => since + days * DAY }).epoch;
    expect([-400, -0.001, 0, 0.999, 1, 1.5, 26, 700.5].map(at)).toEqual([1, 1, 1, 1, 2, 2, 27, 701]);
    let now = since;
    const follow = followCommittee(committee, { now: () => now });
    const first = follow();
    expect(follow()).toBe(first);
    now += 3 * DAY;
    expect(follow().epoch).toBe(4);
    const byHand = { ...committee, epoch: 9, epochs: undefined };
    expect(committeeOf(byHand, { now: () => since + 50 * DAY }).epoch).toBe(9);
  });

  it('nodes, clients and keeper follow them without a restart; leases on buckets are renewed as on folders, and outlive the process', async () => {
    const said: LogRecord[] = [];
    await using first = connect();
    const records = new StorageRecords(first.committee);
    const log = (entry: Uint8Array): string => {
      const record = { ...openStatement(entry), index: said.length } as LogRecord;
      said.push(record);
      records.note(record);
      return record.id;
    };
    const store = async (): Promise<{ blob: string; packs: string[] }> => {
      const files = [{ path: 'weights', source: memorySource(randomBytes(300_000)) }];
      const stored = await storeFiles(files, { connection: first });
      log(signStatement('blob.certificate', certificatePredicate(stored, first.committee), signer));
      return { blob: hex(stored.blobId), packs: stored.manifest.packs.map((pack) => hex(packId(pack))) };
    };
    const [wanted, unwanted] = [await store(), await store()];
    log(signStatement('version.publish', versionOf(wanted.blob), signer));
    const keeper = new StorageKeeper({
      connection: first,
      records,
      leaves: 4,
      absentAfterMs: DAY,
      renewWithinEpochs: 2,
      now: () => time,
      say: (kind, predicate) => Promise.resolve(log(signStatement(kind, predicate, signer))),
    });
    const lease = async (): Promise<unknown> =>
      (await keeper.round()).find(({ blob }) => blob === wanted.blob)?.lease;
    expect(await lease()).toEqual({ state: 'runs', until: 5 });

    time = since + 2.5 * DAY;
    await using third = connect();
    expect(third.committee.epoch).toBe(3);
    keeper.use(third);
    // What too few nodes signed again for in time is tried at the next round.
    await expect.poll(lease, { timeout: 120_000 }).toEqual({ state: 'renewed', until: 7 });
    expect(said.at(-1)).toMatchObject({
      kind: 'blob.certificate',
      predicate: { leaseEnd: '7', committee: { epoch: '3' } },
    });
    const signers = (said.at(-1) as LogRecord & { predicate: Predicate<'blob.certificate'> }).predicate
      .signatures;
    const buckets = BUCKETS.map((at) => keyIdOf(nodes[at]?.id as Uint8Array));
    expect(signers.filter(({ node }) => buckets.includes(node)).length).toBeGreaterThanOrEqual(2);
    // What a bucket's node had signed for again is in the bucket, not in the process.
    for (const at of BUCKETS) {
      await nodes[at]?.stop();
      await start(at);
    }

    // The first leases ended with epoch 4, and two epochs later nodes may delete.
    time = since + 6 * DAY;
    for (const node of nodes) expect(await node.upkeep()).toEqual([]);
    const inBuckets = (packs: readonly string[]): number =>
      [...s3.objects.keys()].filter((key) => packs.some((pack) => key.includes(`/shards/${pack}/`))).length;
    expect(inBuckets(unwanted.packs)).toBe(0);
    expect(inBuckets(wanted.packs)).toBeGreaterThanOrEqual(2);
    await using seventh = connect();
    const reading = (blob: string): Promise<number> =>
      openBlob(fromHex(blob), seventh.options).then(async (opened) => {
        using held = opened;
        return (await held.bytes('weights')).length;
      });
    expect(await reading(wanted.blob)).toBe(300_000);
    await expect(reading(unwanted.blob)).rejects.toMatchObject({ code: 'not-enough-shards' });
    keeper.use(seventh);
    await expect.poll(lease, { timeout: 120_000 }).toEqual({ state: 'renewed', until: 11 });
  }, 400_000);
});

function versionOf(blob: string): Predicate<'version.publish'> {
  const tensor = { name: 'x', datatype: 'FP32' as const, shape: [1] };
  return {
    model: `${keyIdOf(signer.publicKey)}/m`,
    version: `sha256:${'0'.repeat(64)}`,
    label: 'v1',
    blob: { id: blob, size: '300000' },
    inputs: [tensor],
    outputs: [tensor],
    licence: 'MIT',
  };
}
