/** The storage scenarios that can be real, real: processes, signals, disks, power and packets of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import {
  encodePage,
  memorySource,
  openBlob,
  PROFILES,
  rendezvous,
  upload,
  type UploadEvent,
  type UploadOptions,
  type UploadResult,
  verifyBlobCertificate,
  verifyShardReceipt,
  covers,
  wasmKernel,
} from '@assay/storage';
import {
  type FileDisk,
  monotonicClock,
  openFileDisk,
  openFileJournal,
  StorageEngine,
} from '@assay/storage/node';
import { afterEach, describe, expect } from 'vitest';
import { Cluster } from '../storage-node/cluster.ts';
import { DelayProxy } from './delay-proxy.ts';
import { Namespaces } from './namespaces.ts';
import { realTest } from './needs.ts';
import { PowerDisk } from './power-disk.ts';

const MIB = 1_048_576;
/** Sixteen packs of four mebibytes. */
const SIZE = 64 * MIB;
const CUTS = Number(process.env['ASSAY_CUTS'] ?? 20);
const bytes = randomBytes(SIZE);
const digest = createHash('sha256').update(bytes).digest('hex');
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-real-'));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function clusterOf(options?: Parameters<typeof Cluster.start>[0]): Promise<Cluster> {
  const cluster = await Cluster.start(options);
  cleanups.push(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

interface Run {
  readonly events: UploadEvent[];
  readonly stop: AbortController;
  readonly result: Promise<UploadResult>;
}

function clientOf(cluster: Cluster) {
  const { committee, nodes } = cluster;
  return { committee, nodes, clock: monotonicClock, random: Math.random, randomBytes };
}

/** Uploads; `at` is called once, when the bar has reached a share of the whole. */
async function start(
  cluster: Cluster,
  {
    journal = 'journal',
    share = 2,
    act = () => undefined as void,
  }: { journal?: string; share?: number; act?: () => void },
): Promise<Run> {
  const log = await openFileJournal(join(cluster.root, journal));
  const stop = new AbortController();
  const events: UploadEvent[] = [];
  let pending: (() => void) | undefined = act;
  const options: UploadOptions = {
    ...clientOf(cluster),
    kernel: wasmKernel({ bytes: 96 * MIB }),
    journal: log,
    shardBytes: MIB,
    window: 4,
    signal: stop.signal,
    onEvent: (event) => {
      events.push(event);
      if (event.type !== 'progress' || event.view.certified < share * SIZE) return;
      pending?.();
      pending = undefined;
    },
  };
  const files = [{ path: 'weights', source: memorySource(bytes) }];
  return { events, stop, result: upload(files, options).finally(() => log[Symbol.asyncDispose]()) };
}

const bars = (events: readonly UploadEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'progress' ? [event.view.certified] : []));

const falls = (events: readonly UploadEvent[]): string[] =>
  events
    .flatMap((event) => (event.type === 'progress' ? event.changes : []))
    .flatMap((change) => (change.type === 'regression' ? [change.evidence.cause] : []));

function expectNoFall(events: readonly UploadEvent[]): void {
  expect(falls(events)).toEqual([]);
  expect(bars(events)).toEqual([...bars(events)].sort((a, b) => a - b));
}

async function readDigest(cluster: Cluster, { blobId }: UploadResult): Promise<string> {
  const hash = createHash('sha256');
  using blob = await openBlob(blobId, { ...clientOf(cluster), kernel: wasmKernel({ bytes: 64 * MIB }) });
  for await (const part of blob.read('weights')) hash.update(part);
  return hash.digest('hex');
}

describe('real lane: storage', () => {
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
      expect(await readDigest(cluster, result)).toBe(digest);
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
      expect(await readDigest(cluster, result)).toBe(digest);
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
    expect(await readDigest(cluster, result)).toBe(digest);
  });

  realTest(
    '5. the client stops at 60 %: the next one begins where the journal says, and ends with the same blob',
    [],
    async () => {
      const cluster = await clusterOf();
      const first = await start(cluster, { share: 0.6, act: () => first.stop.abort() });
      await expect(first.result).rejects.toThrow(/aborted/);
      const shown = bars(first.events).at(-1) as number;
      const second = await start(cluster, {});
      const result = await second.result;
      expect(bars(second.events)[0]).toBeGreaterThanOrEqual(shown);
      expectNoFall(second.events);
      expect(await readDigest(cluster, result)).toBe(digest);
    },
  );

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
      expect(await readDigest(cluster, result)).toBe(digest);
    },
  );

  realTest(
    '9. a disk of 16 MiB fills up (tmpfs): no receipt beyond it, the spare takes over, the bar never falls',
    ['mount'],
    async () => {
      const full = await temporary();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'assay-real', full]);
      cleanups.push(() => void spawnSync('umount', ['-l', full]));
      const roots = await temporary();
      const data = (at: number): string => (at === 4 ? join(full, 'data') : join(roots, `data-${at}`));
      const cluster = await clusterOf({ count: 7, data });
      const run = await start(cluster, {});
      const result = await run.result;
      expectNoFall(run.events);
      const id = cluster.committee.members[4];
      expect(run.events).toContainEqual({ type: 'node', node: id, state: 'full' });
      for (const { packId, receipts } of result.packCertificates) {
        for (const receipt of receipts) {
          const { nodeId, shard } = verifyShardReceipt(receipt, cluster.committee);
          if (hex(nodeId) !== hex(id as Uint8Array)) continue;
          const at = { index: shard.index, range: { from: 0, to: Math.ceil(shard.length / 65_536) } };
          const leaves = await cluster.nodes[4]?.getLeaves(packId, at);
          expect(leaves?.bytes.length).toBe(shard.length);
        }
      }
      expect(await readDigest(cluster, result)).toBe(digest);
    },
  );

  realTest(
    `4. T10: ${CUTS} power cuts during group commits: acknowledged and then lost bytes are 0`,
    ['nbdkit', 'nbdfuse', 'losetup', 'mkfs.ext4', 'mount'],
    async () => {
      const disk = await PowerDisk.make(await temporary(), 2_048 * MIB);
      cleanups.push(() => disk[Symbol.asyncDispose]());
      const tally = { acked: 0, lost: 0, bytes: 0, falseReceipts: 0 };
      let unsyncedLost = 0;
      const all: Acked[] = [];
      for (let cut = 0; cut < CUTS; cut++) {
        const acked = await putUntilCut(disk);
        await disk.restore();
        const left = await readFile(join(disk.mount, 'unsynced')).catch(() => undefined);
        if (left === undefined || Buffer.compare(left, UNSYNCED) !== 0) unsyncedLost++;
        await rm(join(disk.mount, 'unsynced'), { force: true });
        // Those of earlier cuts as well, a few of them each time.
        await judge(disk, [...acked, ...all.filter(() => Math.random() < 0.02)], tally);
        all.push(...acked);
      }
      await judge(disk, all, tally);
      process.stderr.write(`power cuts: ${CUTS}, ${JSON.stringify({ ...tally, unsyncedLost })}\n`);
      expect(all.length).toBeGreaterThanOrEqual(CUTS * LEAST_ACKED);
      // A cut that loses nothing at all would prove nothing.
      expect(unsyncedLost).toBeGreaterThan(CUTS / 2);
      expect(tally).toMatchObject({ lost: 0, bytes: 0, falseReceipts: 0 });
    },
  );

  realTest(
    '10. 50 ms ± 20 ms, 5 % of packets lost, and nodes 1 and 2 cut off for 5 s: identical bytes, no step back',
    ['ip', 'iptables'],
    async () => {
      const spaces = new Namespaces(6, 0.05);
      cleanups.push(() => spaces[Symbol.dispose]());
      const via = async (at: number, url: string): Promise<string> => {
        const { hostname: host, port } = new URL(url);
        const proxy = await DelayProxy.start({
          host,
          port: Number(port),
          delay: 25,
          jitter: 10,
          random: Math.random,
        });
        cleanups.push(() => proxy[Symbol.asyncDispose]());
        return at < 6 ? proxy.url : url;
      };
      const place = (at: number) => ({ host: spaces.host(at), command: spaces.command(at) });
      const cluster = await clusterOf({ place, via, tenant: ed25519Signer(randomBytes(32)) });
      const cutOff = (): void => {
        for (const at of [1, 2]) spaces.partition(at);
        setTimeout(() => [1, 2].forEach((at) => spaces.heal(at)), 5_000);
      };
      const run = await start(cluster, { share: 0.3, act: cutOff });
      const result = await run.result;
      expectNoFall(run.events);
      expect(bars(run.events).at(-1)).toBe(SIZE);
      expect(await readDigest(cluster, result)).toBe(digest);
    },
  );
});

/** A shard that a node signed for. */
interface Acked {
  readonly packId: Uint8Array;
  readonly index: number;
  readonly body: Uint8Array;
  readonly receipt: ReturnType<typeof verifyShardReceipt>;
}

const LEAST_ACKED = 5;
/** Written without an fdatasync just before each cut. */
const UNSYNCED = randomBytes(MIB);
const signer = ed25519Signer(randomBytes(32));
const members = [signer, ...Array.from({ length: 5 }, () => ed25519Signer(randomBytes(32)))].map(
  (s) => s.publicKey,
);
const committee = { networkId: randomBytes(32), epoch: 1, profile: PROFILES.local, members };

/** A node's engine on the disk, in this process: what a power cut takes is on the disk, not in the process. */
async function openNode(disk: PowerDisk): Promise<{ engine: StorageEngine; files: FileDisk }> {
  const files = await openFileDisk(join(disk.mount, 'data'));
  const more = { signer, committee: () => committee, clock: monotonicClock, randomBytes, quotaBytes: 1e12 };
  return { files, engine: await StorageEngine.open({ disk: files, ...more, segmentBytes: 8 * MIB }) };
}

/** Puts shards, several at once, and cuts the power in the middle of it, some acknowledgements on. */
async function putUntilCut(disk: PowerDisk): Promise<Acked[]> {
  const acked: Acked[] = [];
  const { engine, files } = await openNode(disk);
  const off = new AbortController();
  const enough = Promise.withResolvers<void>();
  const target = LEAST_ACKED + Math.floor(Math.random() * 30);
  const put = async (): Promise<void> => {
    while (!off.signal.aborted) {
      const {
        id,
        headerBytes: header,
        shards,
      } = encodePage(randomBytes(40_000 + Math.floor(Math.random() * 60_000)), 6);
      const body = shards[0] as Uint8Array;
      const index = rendezvous(committee, id).findIndex((node) => hex(node) === hex(signer.publicKey));
      try {
        const receipt = verifyShardReceipt(
          await engine.putShard({ header, index, body, session: 's' }),
          committee,
        );
        acked.push({ packId: id, index, body, receipt });
        if (acked.length === target) enough.resolve();
      } catch (error) {
        // What was not acknowledged was not promised: the disk is gone, and the node says so.
        if (!off.signal.aborted) enough.reject(error);
        return;
      }
    }
  };
  const putting = Promise.all([1, 2, 3, 4].map(put));
  await enough.promise;
  await writeFile(join(disk.mount, 'unsynced'), UNSYNCED);
  off.abort();
  await disk.cut();
  await putting;
  await files[Symbol.asyncDispose]();
  return acked;
}

async function judge(
  disk: PowerDisk,
  acked: readonly Acked[],
  tally: { acked: number; lost: number; bytes: number; falseReceipts: number },
): Promise<void> {
  const { engine, files } = await openNode(disk);
  const hello = engine.hello(randomBytes(32));
  for (const { packId, index, body, receipt } of acked) {
    tally.acked++;
    if (!covers(hello, receipt)) tally.falseReceipts++;
    const range = { from: 0, to: Math.ceil(body.length / 65_536) };
    const back = await engine.getLeaves(packId, { index, range }).catch(() => undefined);
    if (back !== undefined && Buffer.compare(back.bytes, body) === 0) continue;
    tally.lost++;
    tally.bytes += body.length;
  }
  await files[Symbol.asyncDispose]();
}
