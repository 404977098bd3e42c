import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, sha256 } from '@assay/core';
import { afterEach, describe, expect, it } from 'vitest';
import { seeded, SimDisk } from '../../../sim/storage/sim-disk.ts';
import { signBatch, verifyShardReceipt } from '../src/receipt.ts';
import { covers, verifyHello, verifyTombstone } from '../src/node-facts.ts';
import { drawChallenge, failedShards, isAnswerOf } from '../src/challenge.ts';
import { encodePage } from '../src/client/encode.ts';
import { encodePackHeader, type PackHeader, packId, shardLength } from '../src/format/pack.ts';
import { encodeRecord, KIND } from '../src/node/engine/record.ts';
import { shardRoot, verifyLeaves } from '../src/merkle.ts';
import { type Disk, openFileDisk, StorageEngine } from '../src/node/index.ts';
import { cast } from './fixtures.ts';
import { noise } from './model-files.ts';

const players = cast(6);
const signer = players.signers[0] as (typeof players.signers)[number];
const clock = { time: 0, now: () => clock.time, sleep: () => Promise.resolve() };
const nonce = sha256(Uint8Array.of(9));

interface Pack {
  readonly header: Uint8Array;
  readonly id: Uint8Array;
  readonly shards: Uint8Array[];
}

function pack(seed: number, shardBytes = 640): Pack {
  const shards = Array.from({ length: 6 }, (_, i) => noise(shardBytes, seed * 8 + i));
  const shape = {
    codec: 1,
    k: 4,
    n: 6,
    shardLen: shardLength(shardBytes * 4, 4),
    packLen: shardBytes * 4,
  } as const;
  const header: PackHeader = { ...shape, roots: shards.map(shardRoot) };
  return { header: encodePackHeader(header), id: packId(header), shards };
}

const putOf = ({ header, shards }: Pack, index = 0, session = 's') => ({
  header,
  index,
  body: shards[index] as Uint8Array,
  session,
});

function open(
  disk: Disk,
  more: { epoch?: number; quotaBytes?: number; seed?: number } = {},
): Promise<StorageEngine> {
  const random = seeded(more.seed ?? 1);
  const committee = { ...players.committee, epoch: more.epoch ?? 7 };
  return StorageEngine.open({
    disk,
    signer,
    clock,
    committee: () => committee,
    randomBytes: (length) => Uint8Array.from({ length }, () => random() * 256),
    quotaBytes: more.quotaBytes ?? 1e9,
    segmentBytes: 16_384,
    batchBytes: 8_192,
    leaseEpochs: 3,
    sessionTtl: 1_000,
  });
}

const whole = { index: 0, range: { from: 0, to: 1 } };
const memory = (seed = 1, capacity = 1e9): SimDisk => new SimDisk({ random: seeded(seed), capacity });

const directories: string[] = [];
const disks: AsyncDisposable[] = [];
afterEach(async () => {
  for (const disk of disks.splice(0)) await disk[Symbol.asyncDispose]();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
});

async function files(): Promise<Disk> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-storage-'));
  directories.push(directory);
  const disk = await openFileDisk(directory);
  disks.push(disk);
  return disk;
}

describe.each([
  ['memory', async (): Promise<Disk> => memory()],
  ['files', files],
])('storage engine over %s', (_, makeDisk) => {
  it('a shard put is signed for, read back, and still there after a restart', async () => {
    const disk = await makeDisk();
    const engine = await open(disk);
    const receipts = await Promise.all(
      Array.from({ length: 40 }, (__, i) => engine.putShard(putOf(pack(i)))),
    );
    receipts.forEach((receipt) => verifyShardReceipt(receipt, players.committee));
    const again = await open(disk, { seed: 2 });
    const hello = again.hello(nonce);
    expect(verifyHello(hello, nonce)).toBe(true);
    for (let i = 0; i < 40; i++) {
      const { bytes } = await again.getLeaves(pack(i).id, whole);
      expect(hex(bytes)).toBe(hex(pack(i).shards[0] as Uint8Array));
      expect(covers(hello, verifyShardReceipt(receipts[i] as never, players.committee))).toBe(true);
    }
  });

  it('a run of leaves comes with a proof that leads to the committed root', async () => {
    const engine = await open(await makeDisk());
    const big = pack(1, 200_000 - (200_000 % 64));
    await engine.putShard(putOf(big, 2));
    const range = { from: 1, to: 3 };
    const { bytes, proof } = await engine.getLeaves(big.id, { index: 2, range });
    const root = shardRoot(big.shards[2] as Uint8Array);
    expect(
      verifyLeaves(bytes, { root, shardBytes: (big.shards[2] as Uint8Array).length, range, proof }),
    ).toBe(true);
    await expect(engine.getLeaves(big.id, { index: 2, range: { from: 3, to: 9 } })).rejects.toThrow(
      /bad-request/,
    );
    await expect(engine.getLeaves(big.id, whole)).rejects.toThrow(/not-found/);
  });

  it('what no lease covers is collected, segments are given back, and the rest survives a restart', async () => {
    const disk = await makeDisk();
    const first = await open(disk, { epoch: 1 });
    for (let i = 0; i < 60; i++) await first.putShard(putOf(pack(i), 0, 'old'));
    clock.time += 2_000;
    const later = await open(disk, { epoch: 6, seed: 2 });
    for (let i = 0; i < 60; i += 10) await later.putShard(putOf(pack(i)));
    const segments = (await disk.list()).length;
    expect(await later.collect()).toBe(54);
    expect((await disk.list()).length).toBeLessThan(segments / 2);
    const again = await open(disk, { epoch: 6, seed: 3 });
    expect(again.usage.shards).toBe(6);
    expect(await again.collect()).toBe(0);
    expect((await again.getLeaves(pack(10).id, whole)).bytes).toHaveLength(640);
    expect(again.hello(nonce).boots).toHaveLength(3);
  });
});

describe('storage engine', () => {
  it('one fdatasync, one signature: concurrent puts share both', async () => {
    const disk = memory();
    const engine = await open(disk);
    const before = disk.syncs;
    const receipts = await Promise.all(Array.from({ length: 24 }, (_, i) => engine.putShard(putOf(pack(i)))));
    const syncs = disk.syncs - before;
    expect(syncs).toBeLessThan(6);
    expect(new Set(receipts.map(({ signature }) => hex(signature))).size).toBe(syncs);
  });

  it('a repeated put is answered without a second copy', async () => {
    const engine = await open(memory());
    const both = await Promise.all([engine.putShard(putOf(pack(1))), engine.putShard(putOf(pack(1)))]);
    const third = await engine.putShard(putOf(pack(1)));
    for (const receipt of [...both, third]) verifyShardReceipt(receipt, players.committee);
    expect(engine.usage).toMatchObject({ shards: 1, bytes: 640 });
  });

  it('a body that is not the committed shard is refused', async () => {
    const engine = await open(memory());
    const wrong = { ...putOf(pack(1)), body: pack(2).shards[0] as Uint8Array };
    await expect(engine.putShard(wrong)).rejects.toThrow(/bad-shard/);
    await expect(engine.putShard({ ...putOf(pack(1)), index: 6 })).rejects.toThrow(/bad-shard/);
    expect(engine.usage.shards).toBe(0);
  });

  it('a full disk or quota gives an error and no receipt, and what was signed for stays', async () => {
    for (const engine of [await open(memory(1, 40_000)), await open(memory(), { quotaBytes: 13_000 })]) {
      const results = await Promise.allSettled(
        Array.from({ length: 60 }, (_, i) => engine.putShard(putOf(pack(i)))),
      );
      const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
      expect(refused.length).toBeGreaterThan(5);
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'disk-full' });
      expect(engine.usage.shards).toBe(60 - refused.length);
      for (const [i, { status }] of results.entries()) {
        if (status === 'fulfilled')
          expect((await engine.getLeaves(pack(i).id, whole)).bytes).toHaveLength(640);
      }
    }
  });

  it('after a failed fdatasync nothing is signed any more', async () => {
    const disk = memory();
    const engine = await open(disk);
    disk.failNextSync = true;
    await expect(engine.putShard(putOf(pack(1)))).rejects.toThrow(/stopped/);
    await expect(engine.putShard(putOf(pack(2)))).rejects.toThrow(/stopped/);
  });

  it('200 power cuts: every receipt given before the cut is for a shard that is there after it', async () => {
    let kept = 0;
    let torn = 0;
    for (let seed = 0; seed < 200; seed++) {
      const random = seeded(seed);
      const steps = { left: 5 + Math.floor(random() * 30) };
      let disk!: SimDisk;
      const stop = new Promise<void>((cut) => {
        const delay = async (): Promise<void> => {
          for (let turns = random() * 4; turns > 0; turns--) await Promise.resolve();
          if (--steps.left === 0) {
            disk.powerCut();
            cut();
          }
        };
        disk = new SimDisk({ random, capacity: 1e9, delay });
      });
      const receipts: { i: number; receipt: Awaited<ReturnType<StorageEngine['putShard']>> }[] = [];
      const engine = await open(disk, { seed });
      for (let i = 0; i < 60; i++) {
        void engine.putShard(putOf(pack(i))).then((receipt) => receipts.push({ i, receipt }));
        if (random() < 0.4) await new Promise((resolve) => setImmediate(resolve));
      }
      await stop;
      steps.left = Infinity;
      const again = await open(disk, { seed: seed + 1_000 });
      const hello = again.hello(nonce);
      for (const { i, receipt } of receipts) {
        expect(hex((await again.getLeaves(pack(i).id, whole)).bytes)).toBe(
          hex(pack(i).shards[0] as Uint8Array),
        );
        expect(covers(hello, verifyShardReceipt(receipt, players.committee))).toBe(true);
      }
      kept += receipts.length;
      torn += 60 - receipts.length;
      expect(await again.scrub()).toEqual([]);
    }
    expect(kept).toBeGreaterThan(500);
    expect(torn).toBeGreaterThan(500);
  });

  it.each([KIND.shard, KIND.checkedShard])(
    'a tail (kind %i) that a power cut tore is no record at any later start, whatever came after it',
    async (kind) => {
      const disk = memory();
      const first = await open(disk);
      const { shard } = await first.putShard(putOf(pack(1)));
      const used = (await disk.read(0, 0, 16_384)).findLastIndex((byte) => byte !== 0);
      const torn = encodePage(noise(500, 9), 6);
      const record = {
        kind,
        index: 0,
        leaseEnd: 9,
        packId: torn.id,
        body: torn.shards[0] as Uint8Array,
      } as const;
      const [head, crc, meta, body] = encodeRecord({ ...record, meta: torn.headerBytes }, 2) as Uint8Array[];
      // Its header reached the disk, what it announces did not.
      const lost = [meta, body].map((part) => new Uint8Array(part?.length ?? 0));
      await disk.write(0, Math.ceil((used + 1) / 8) * 8, [head as Uint8Array, crc as Uint8Array, ...lost]);
      await disk.sync(0);
      for (const seed of [2, 3, 4]) {
        const again = await open(disk, { seed });
        expect(again.usage.shards).toBe(1);
        expect((await again.getLeaves(shard.packId, whole)).bytes.length).toBe(640);
      }
    },
  );

  it('a shard as nodes wrote it before, under a checksum of its own, is read, and its rot is seen', async () => {
    const disk = memory();
    const { header, id, shards } = pack(3);
    const record = { kind: KIND.checkedShard, index: 0, leaseEnd: 9, packId: id, meta: header } as const;
    await disk.create(0, 16_384);
    await disk.write(0, 0, encodeRecord({ ...record, body: shards[0] as Uint8Array }, 0));
    await disk.sync(0);
    const engine = await open(disk);
    expect(hex((await engine.getLeaves(id, whole)).bytes)).toBe(hex(shards[0] as Uint8Array));
    expect(disk.rot((shards[0] as Uint8Array).subarray(100, 120))).toBe(true);
    await expect(engine.getLeaves(id, whole)).rejects.toThrow(/corrupt/);
    expect((await open(disk, { seed: 2 })).usage.shards).toBe(1);
    expect(await engine.scrub()).toHaveLength(1);
  });

  it('large bodies begin at a block, fillers between them are nothing to anybody, and all of it comes back', async () => {
    const disk = memory();
    const engine = await open(disk);
    const large = Array.from({ length: 6 }, (_, i) => pack(i + 1, 65_536 + 64 * i));
    await Promise.all([...large, pack(20), pack(21)].map((each) => engine.putShard(putOf(each))));
    const found = await Promise.all(
      large.map(async ({ shards }) => {
        for (const segment of await disk.list()) {
          const bytes = Buffer.from(await disk.read(segment, 0, await disk.size(segment)));
          const at = bytes.indexOf(shards[0] as Uint8Array);
          if (at >= 0) return at % 4_096;
        }
        return undefined;
      }),
    );
    expect(found).toEqual(large.map(() => 0));
    const again = await open(disk, { seed: 2 });
    expect(again.usage.shards).toBe(8);
    expect(await again.scrub()).toEqual([]);
    for (const { id, shards } of large) {
      const range = { from: 0, to: Math.ceil((shards[0]?.length ?? 0) / 65_536) };
      expect((await again.getLeaves(id, { index: 0, range })).bytes).toEqual(shards[0]);
    }
  });

  it('a wiped disk does not cover what was signed before, whatever it writes afterwards', async () => {
    const disk = memory();
    const receipt = verifyShardReceipt(await (await open(disk)).putShard(putOf(pack(1))), players.committee);
    disk.wipe();
    const again = await open(disk, { seed: 5 });
    for (let i = 2; i < 20; i++) await again.putShard(putOf(pack(i)));
    expect(covers(again.hello(nonce), receipt)).toBe(false);
  });

  it('a running upload protects what it refers to; when it ends, the lease alone does', async () => {
    const disk = memory();
    await (await open(disk, { epoch: 1 })).putShard(putOf(pack(1)));
    const later = await open(disk, { epoch: 9, seed: 2 });
    const old = { ...putOf(pack(1)), session: 'running', body: pack(2).shards[0] as Uint8Array };
    // Refused for its body, but the upload has said that it counts on the shard.
    await expect(later.putShard(old)).rejects.toThrow(/bad-shard/);
    expect(await later.collect()).toBe(0);
    later.endSession('running');
    expect(await later.collect()).toBe(1);
  });

  it('what upkeep moves while it is being read is read where it lies now; what it deletes is not found', async () => {
    const disk = memory();
    const first = await open(disk, { epoch: 1 });
    for (let i = 1; i <= 40; i++) await first.putShard(putOf(pack(i)));
    let gate: Promise<void> | undefined;
    const gated: Disk = new Proxy(disk, {
      get: (target, name) => {
        if (name !== 'read') return (Reflect.get(target, name) as () => unknown).bind(target);
        return async (...at: Parameters<Disk['read']>) => {
          const waits = gate;
          gate = undefined;
          await waits;
          return target.read(...at);
        };
      },
    });
    const later = await open(gated, { epoch: 9, seed: 2 });
    await later.renewShard(pack(1).id, { index: 0, session: 'renewing' });
    const opened = Promise.withResolvers<void>();
    const reading = [1, 2].map((i) => {
      gate = opened.promise;
      return later.getLeaves(pack(i).id, whole);
    });
    const [moved, deleted] = reading.map((read) => read.catch((error: unknown) => error));
    later.endSession('renewing');
    const before = await disk.list();
    expect(await later.collect()).toBe(39);
    expect((await disk.list()).length, 'segments went').toBeLessThan(before.length);
    opened.resolve();
    expect(await moved).toMatchObject({ bytes: pack(1).shards[0] });
    expect(await deleted).toMatchObject({ code: 'not-found' });
  });

  it('bit rot is found by scrub, said under signature, and answered honestly to a challenge', async () => {
    const disk = memory();
    const engine = await open(disk);
    await Promise.all([1, 2].map((i) => engine.putShard(putOf(pack(i)))));
    expect(disk.rot((pack(2).shards[0] as Uint8Array).subarray(100, 120))).toBe(true);
    await expect(engine.getLeaves(pack(2).id, whole)).rejects.toThrow(/corrupt/);
    const held = [1, 2].map((i) => ({
      packId: pack(i).id,
      index: 0,
      root: shardRoot(pack(i).shards[0] as Uint8Array),
      length: 640,
    }));
    const target = { networkId: players.committee.networkId, nodeId: engine.id, seed: nonce };
    const challenge = drawChallenge(target, held, 20);
    const answer = await engine.challenge(challenge);
    expect(isAnswerOf(challenge, answer)).toBe(true);
    expect(failedShards(challenge, answer)).toEqual([held[1]]);
    const stones = await engine.scrub();
    expect(stones.map((stone) => verifyTombstone(stone) && hex(stone.packId))).toEqual([hex(pack(2).id)]);
    expect((await open(disk, { seed: 2 })).usage.shards).toBe(1);
  });

  it('the second opinion: a receipt forged by anyone else does not verify', () => {
    const { members, networkId } = players.committee;
    const shard = { packId: pack(1).id, index: 0, root: nonce, length: 640 };
    const facts = {
      networkId,
      epoch: 7,
      committeeRoot: nonce,
      nodeId: members[0] as Uint8Array,
      bootId: nonce.subarray(0, 16),
      logSeq: 1,
      durability: 1,
      leaseEnd: 9,
    } as const;
    const [forged] = signBatch([shard], facts, players.signers[1] as typeof signer);
    expect(() => verifyShardReceipt(forged as never, players.committee)).toThrow();
  });
});
