/**
 * Storage beside the raw disk and its own healthy self, in interleaved rounds: `node bench/store/main.ts [MiB] [rounds]`.
 * Figures are medians of this run; peers that are not driven here are printed as "not run".
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, randomBytes } from '@assay/core';
import {
  type Committee,
  memorySource,
  openBlob,
  PROFILES,
  pureKernel,
  ReedSolomon,
  type StorageNode,
  upload,
  wasmKernel,
} from '@assay/storage';
import {
  codecPool,
  LocalNode,
  monotonicClock,
  openFileDisk,
  openFileJournal,
  StorageEngine,
} from '@assay/storage/node';
import type { Kernel } from '@assay/storage';

const MIB = 1_048_576;
const size = Number(process.argv[2] ?? 64) * MIB;
const rounds = Number(process.argv[3] ?? 5);
const bytes = randomBytes(size);

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
const rate = (count: number, ms: number): number => count / 1e6 / (ms / 1_000);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}

/** MB/s of data bytes encoded at 10 + 6, shards of 1 MiB. */
function encodeRate(kernel: Kernel): number {
  const shards = Array.from({ length: 16 }, () => kernel.alloc(MIB));
  shards.slice(0, 10).forEach((shard, i) => shard.fill(i * 13 + 1));
  const started = performance.now();
  new ReedSolomon({ k: 10, n: 16 }, kernel).encode(shards.slice(0, 10), shards.slice(10));
  for (const shard of shards) kernel.free(shard);
  return rate(10 * MIB, performance.now() - started);
}

async function rawWrite(directory: string): Promise<void> {
  const handle = await open(join(directory, 'raw'), 'w');
  await handle.write(bytes);
  await handle.datasync();
  await handle.close();
}

/** A node that stops answering after its first few shards, as under SIGSTOP. */
function freezing(node: StorageNode): StorageNode {
  let left = 3;
  const silent = new Promise<never>(() => undefined);
  return new Proxy(node, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => (left-- > 0 ? (value.apply(target, args) as unknown) : silent);
    },
  });
}

interface Outcome {
  readonly writeMs: number;
  readonly readMs: number;
}

async function stored(root: string, frozen: boolean): Promise<Outcome> {
  const directory = await mkdtemp(join(root, 'run-'));
  const signers = Array.from({ length: 6 }, () => ed25519Signer(randomBytes(32)));
  const members = signers.map(({ publicKey }) => publicKey);
  const committee: Committee = { networkId: randomBytes(32), epoch: 1, profile: PROFILES.local, members };
  const disks = await Promise.all(members.map((_, i) => openFileDisk(join(directory, `node-${i}`))));
  const engines = await Promise.all(
    signers.map((signer, i) => {
      const disk = disks[i] as (typeof disks)[number];
      return StorageEngine.open({
        disk,
        signer,
        committee: () => committee,
        clock: monotonicClock,
        randomBytes,
        quotaBytes: 1e11,
      });
    }),
  );
  const nodes: StorageNode[] = engines.map((engine) => new LocalNode(engine));
  if (frozen) nodes[3] = freezing(nodes[3] as StorageNode);
  const kernel = codecPool({ threads: 1, bytes: 160 * MIB });
  const journal = await openFileJournal(join(directory, 'journal'));
  const client = { committee, nodes, clock: monotonicClock, random: Math.random, randomBytes };
  const files = [{ path: 'blob', source: memorySource(bytes) }];
  let blobId = new Uint8Array(0);
  const writeMs = await timed(async () => {
    const result = await upload(files, { ...client, kernel, journal, shardBytes: 4 * MIB, window: 4 });
    blobId = Uint8Array.from(result.blobId);
  });
  const readMs = await timed(async () => {
    using blob = await openBlob(blobId, { ...client, kernel: wasmKernel({ bytes: 64 * MIB }) });
    let read = 0;
    for await (const part of blob.read('blob')) read += part.length;
    if (read !== size) throw new Error(`${read} of ${size} bytes read`);
  });
  await kernel[Symbol.asyncDispose]();
  await journal[Symbol.asyncDispose]();
  for (const disk of disks) await disk[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
  return { writeMs, readMs };
}

const root = await mkdtemp(join(tmpdir(), 'assay-bench-store-'));
const simd = wasmKernel({ bytes: 32 * MIB });
const plain = pureKernel();
const seen = {
  simd: [] as number[],
  plain: [] as number[],
  raw: [] as number[],
  healthy: [] as Outcome[],
  frozen: [] as Outcome[],
};
for (let round = 0; round < rounds; round++) {
  seen.simd.push(encodeRate(simd));
  seen.plain.push(encodeRate(plain));
  seen.raw.push(await timed(() => rawWrite(root)));
  seen.healthy.push(await stored(root, false));
  seen.frozen.push(await stored(root, true));
}
await rm(root, { recursive: true });

const [raw, healthy, frozen] = [
  seen.raw,
  seen.healthy.map((o) => o.writeMs),
  seen.frozen.map((o) => o.writeMs),
].map(median) as [number, number, number];
const [read, readFrozen] = [seen.healthy, seen.frozen].map((all) => median(all.map((o) => o.readMs))) as [
  number,
  number,
];
const ratio = (value: number, target: number): string =>
  `${value.toFixed(2)} (target ≤ ${target}: ${value <= target ? 'met' : 'not met'})`;
say(`${size / MIB} MiB, ${rounds} interleaved rounds, medians`);
say(
  `encode 10+6, 1 MiB shards: SIMD ${median(seen.simd).toFixed(0)} MB/s, TypeScript ${median(seen.plain).toFixed(0)} MB/s, ratio ${(median(seen.simd) / median(seen.plain)).toFixed(1)}`,
);
say(`raw write + fdatasync: ${rate(size, raw).toFixed(0)} MB/s`);
say(
  `embedded 4+2, fdatasync, hashes, certificate: write ${rate(size, healthy).toFixed(0)} MB/s, verified read ${rate(size, read).toFixed(0)} MB/s`,
);
say(
  `T4 one node frozen, time over own healthy: write ${ratio(frozen / healthy, 1.3)}, read ${ratio(readFrozen / read, 1.5)}`,
);
say('T1 T2 GlusterFS 4+2, T3 @tus/server, T7 other npm codecs, T12 Walrus: not run');
