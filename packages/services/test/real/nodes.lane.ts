/** Real lane: node processes that stop, die, come back empty, stay away, rot or lie. */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, randomBytes } from '@assay/core';
import {
  Custody,
  type PackHeader,
  packId,
  type UploadResult,
  verifyBlobCertificate,
  verifyShardReceipt,
} from '@assay/storage';
import { describe, expect } from 'vitest';
import type { Cluster } from '../storage-node/cluster.ts';
import { realTest } from './needs.ts';
import {
  bars,
  clusterOf,
  expectNoFall,
  expectSame,
  falls,
  MIB,
  readerOf,
  SIZE,
  start,
} from './upload-run.ts';

const LYING = new URL('lying-node.ts', import.meta.url).pathname;

describe('real lane: node processes', () => {
  realTest(
    '1. SIGSTOP at 25 %, for ever: the bar never falls, five of six sign, the bytes read back beside it',
    [],
    async () => {
      const cluster = await clusterOf();
      const run = await start(cluster, { share: 0.25, act: () => cluster.signal(3, 'SIGSTOP') });
      const result = await run.result;
      expectNoFall(run.events);
      expect(bars(run.events).at(-1)).toBe(SIZE);
      verifyBlobCertificate(result.certificate, cluster.committee);
      expect(result.hedgedBytes).toBeLessThanOrEqual(SIZE * 0.05 + MIB);
      await expectSame(cluster, result.blobId);
    },
  );

  realTest(
    '2. kill -9 and an empty disk at 50 %: every step back is a lost acknowledgement, and all comes back',
    [],
    async () => {
      const cluster = await clusterOf();
      // Without a sixth node every pack has exactly five receipts.
      cluster.signal(5, 'SIGSTOP');
      const back = Promise.withResolvers<void>();
      const wipe = (): void =>
        void cluster
          .wipe(3)
          .then(() => cluster.restart(3))
          .then(back.resolve, back.reject);
      const run = await start(cluster, { share: 0.5, act: wipe });
      const result = await run.result;
      await back.promise;
      expect(falls(run.events).length).toBeGreaterThan(0);
      expect(new Set(falls(run.events))).toEqual(new Set(['lost-ack']));
      expect(bars(run.events).at(-1)).toBe(SIZE);
      await expectSame(cluster, result.blobId);
    },
  );

  realTest('3. kill -9 at 50 %, the same disk, back at once: no step back', [], async () => {
    const cluster = await clusterOf();
    const back = Promise.withResolvers<void>();
    const restart = (): void =>
      void cluster
        .kill(3)
        .then(() => cluster.restart(3))
        .then(back.resolve, back.reject);
    const run = await start(cluster, { share: 0.5, act: restart });
    const result = await run.result;
    await back.promise;
    expectNoFall(run.events);
    await expectSame(cluster, result.blobId);
  });

  realTest(
    '6. two of six killed: nothing more is certified and nothing fails; one returns, and it completes',
    [],
    async () => {
      const cluster = await clusterOf();
      const run = await start(cluster, {
        share: 0.25,
        act: () => [1, 2].forEach((at) => cluster.signal(at, 'SIGKILL')),
      });
      await expect
        .poll(() => run.events.some(({ type }) => type === 'waiting'), { timeout: 120_000 })
        .toBe(true);
      const waiting = run.events.findLast((event) => event.type === 'waiting');
      expect(waiting).toEqual({ type: 'waiting', have: 4, need: 5 });
      expect(Math.max(...bars(run.events))).toBeLessThan(SIZE);
      await cluster.restart(1);
      const result = await run.result;
      expectNoFall(run.events);
      await expectSame(cluster, result.blobId);
    },
  );

  realTest(
    '7. one byte rots on a running node’s disk after the seal: reads go around it and name it, a challenge convicts, repair makes it whole',
    [],
    async () => {
      const cluster = await clusterOf();
      const result = await (await start(cluster)).result;
      const { at, index } = await rotOneByte(cluster, result);
      const corrupt = { type: 'corrupt-shard', node: cluster.committee.members[at], index };
      // A reader may do without a node that is late: it is read until it was asked.
      let events = await expectSame(cluster, result.blobId);
      for (let reads = 1; reads < 20 && !events.some(({ type }) => type === corrupt.type); reads++)
        events = await expectSame(cluster, result.blobId);
      expect(events).toContainEqual(expect.objectContaining(corrupt));
      using custody = new Custody(result.manifest, result.packCertificates, readerOf(cluster));
      expect(await firstConvicted(custody)).toEqual([hex(cluster.committee.members[at] as Uint8Array)]);
      expect(custody.health().least).toBeLessThan(6);
      await custody.repair();
      expect(custody.health()).toEqual({ least: 6, of: 6, belowQuorum: 0 });
      expect(await expectSame(cluster, result.blobId)).not.toContainEqual(
        expect.objectContaining({ type: 'corrupt-shard' }),
      );
    },
  );

  realTest(
    '8. a node process acknowledges everything and stores nothing: the upload certifies, the first challenge convicts it, the spare takes over',
    [],
    async () => {
      const cluster = await clusterOf({ count: 7, main: (at) => (at === 2 ? LYING : undefined) });
      const liar = hex(cluster.committee.members[2] as Uint8Array);
      const run = await start(cluster);
      const result = await run.result;
      expectNoFall(run.events);
      await expectSame(cluster, result.blobId);
      using custody = new Custody(result.manifest, result.packCertificates, readerOf(cluster));
      const { accusations } = await custody.audit(randomBytes(32), 4);
      expect(accusations.map(({ node }) => hex(node))).toEqual([liar]);
      // Whatever of its receipts is asked about falls; the round that finds nothing had nothing left to ask it.
      while ((await custody.audit(randomBytes(32), 16)).events.length > 0);
      expect(custody.health().least).toBeLessThan(6);
      await cluster.kill(2);
      await custody.repair();
      expect(custody.health()).toEqual({ least: 6, of: 6, belowQuorum: 0 });
      await expectSame(cluster, result.blobId);
    },
  );
});

/** Turns one bit round in a data shard of the second pack, in the segment file of a node that signed for it; returns where. */
async function rotOneByte(
  cluster: Cluster,
  { manifest, packCertificates }: UploadResult,
): Promise<{ at: number; index: number }> {
  const header = manifest.packs[1] as PackHeader;
  const receipts = packCertificates[1]?.receipts.map((each) => verifyShardReceipt(each, cluster.committee));
  // Some node may have been late for it: only who signed has to have it.
  const signed = receipts?.find(({ shard }) => shard.index < header.k);
  if (signed === undefined) throw new Error('nobody signed for a data shard of the second pack');
  const { index } = signed.shard;
  const at = cluster.committee.members.findIndex((id) => hex(id) === hex(signed.nodeId));
  const range = { from: 0, to: Math.ceil(header.shardLen / 65_536) };
  const shown = await cluster.nodes[at]?.getLeaves(packId(header), { index, range });
  const start = shown?.bytes.subarray(0, 4_096) as Uint8Array;
  const directory = cluster.dataOf(at);
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const bytes = await readFile(path);
    const found = bytes.indexOf(start);
    if (found < 0) continue;
    const file = await open(path, 'r+');
    await file.write(Uint8Array.of((bytes[found + 77_777] as number) ^ 1), 0, 1, found + 77_777);
    await file.close();
    return { at, index };
  }
  throw new Error(`node ${at} holds no such shard`);
}

/** Challenges all nodes until one of them cannot show what it signed for; returns who. */
async function firstConvicted(custody: Custody): Promise<string[]> {
  for (let round = 0; round < 500; round++) {
    const { accusations } = await custody.audit(randomBytes(32), 16);
    if (accusations.length > 0) return accusations.map(({ node }) => hex(node));
  }
  return [];
}
