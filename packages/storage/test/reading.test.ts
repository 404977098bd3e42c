/** Reads around nodes that are silent: asked last once that is known, hedged within a budget while it is not. */
import { hex } from '@assay/core';
import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../../sim/storage/host.ts';
import { World } from '../../../sim/storage/world.ts';
import {
  HedgeBudget,
  openBlob,
  type PackHeader,
  packId,
  readContext,
  rendezvous,
  ShardReader,
} from '../src/index.ts';

const host = (world: World, at: number): SimHost => world.hosts[at] as SimHost;
const slowest = (times: readonly number[]): number => Math.max(...times);

interface Stored {
  readonly world: World;
  readonly result: Awaited<ReturnType<World['startUpload']>>;
  readonly read: () => ReturnType<World['readBack']>;
}

async function stored(seed = 40): Promise<Stored> {
  const world = await World.create({ seed, packs: 60 });
  const result = await world.finish(world.startUpload());
  return { world, result, read: () => world.readBack(result) };
}

const shownBytes = (world: World): number => world.hosts.reduce((sum, { shown }) => sum + shown, 0);

describe('reads with one frozen node', () => {
  it('T6: silent from the start, it is asked for no shard: no byte is read twice, the slowest read ≤ 1.5 × healthy', async () => {
    const { world, read } = await stored();
    const healthy = await read();
    host(world, 2).freeze();
    const shown = world.hosts.reduce((sum, { shown: bytes }) => sum + bytes, 0);
    const frozen = await read();
    expect(frozen.same).toBe(true);
    expect(frozen.hedgedBytes).toBe(0);
    expect(world.hosts.reduce((sum, { shown: bytes }) => sum + bytes, 0) - shown).toBe(world.totalBytes);
    expect(slowest(frozen.times)).toBeLessThanOrEqual(1.5 * slowest(healthy.times));
  });

  it('T6: frozen in the middle of a read, it costs one late read and at most a tenth of the bytes twice', async () => {
    const { world, read } = await stored();
    const healthy = await read();
    world.scheduler.after(1_500, () => host(world, 2).freeze());
    const frozen = await read();
    expect(frozen.same).toBe(true);
    expect(frozen.events.some(({ type }) => type === 'hedged')).toBe(true);
    expect(frozen.hedgedBytes).toBeLessThanOrEqual(world.totalBytes * 0.1);
    const late = frozen.times.filter((ms) => ms > 1.5 * slowest(healthy.times));
    expect(late.length).toBeLessThanOrEqual(1);
  });

  it('two frozen nodes of six are read around as well; of three the read says so and gives nothing', async () => {
    const { world, read } = await stored();
    for (const at of [2, 4]) host(world, at).freeze();
    expect((await read()).same).toBe(true);
    host(world, 5).freeze();
    await expect(read()).rejects.toThrow(/not-enough-shards.*3 of the 4 shards/);
  });
});

/** Bytes of a shard: one leaf, so that whoever asks for a few bytes is given all of it. */
const SHARD = 512;
/** Packs have four data shards; a rebuild reads as many. */
const REBUILD = 4 * SHARD;

describe('range reads, with the same budget as reads of whole packs', () => {
  const range = { from: 0, to: 1 };

  /** A pack whose holders have each answered before, its first shard's holder, and a budget of our own. */
  async function warm(share: number): Promise<{
    world: World;
    holder: SimHost;
    hedges: HedgeBudget;
    leaves: () => Promise<Uint8Array>;
    expected: Uint8Array;
  }> {
    const { world, result } = await stored();
    const header = result.manifest.packs[0] as PackHeader;
    const context = readContext(world.readerOptions(), new AbortController().signal);
    const hedges = new HedgeBudget(share);
    const reader = new ShardReader(header, { ...context, hedges });
    let expected = new Uint8Array(0);
    const warming = async (): Promise<void> => {
      for (let round = 0; round < 20; round++)
        for (const index of [3, 2, 1, 0]) expected = Uint8Array.from(await reader.leaves(index, range));
    };
    await world.scheduler.until(warming(), 600_000);
    const first = hex(rendezvous(world.committee, packId(header))[0] as Uint8Array);
    const holder = world.hosts.find(({ id }) => hex(id) === first) as SimHost;
    return { world, holder, hedges, expected, leaves: () => reader.leaves(0, range) };
  }

  it('late, and within the budget: k shards are read beside it, and nobody waits for it', async () => {
    const { world, holder, hedges, leaves, expected } = await warm(1);
    holder.freeze();
    const before = shownBytes(world);
    expect(await world.scheduler.until(leaves(), 60_000)).toEqual(expected);
    expect(shownBytes(world) - before).toBe(REBUILD);
    expect(hedges.hedged).toBe(REBUILD);
  });

  it('late, and the budget is spent: no byte is read twice; it is waited for', async () => {
    const { world, holder, hedges, leaves, expected } = await warm(0.000_1);
    hedges.take(1);
    for (let time = 0; time < 20; time++) {
      const before = shownBytes(world);
      holder.freeze();
      world.scheduler.after(190, () => holder.thaw());
      expect(await world.scheduler.until(leaves(), 60_000)).toEqual(expected);
      expect(shownBytes(world) - before).toBe(SHARD);
    }
    expect(hedges.hedged).toBe(1);
  });

  it('silent for good, and the budget is spent: it counts as stalled, and the rebuild is no hedge but the only way', async () => {
    const { world, holder, hedges, leaves, expected } = await warm(0.000_1);
    hedges.take(1);
    holder.freeze();
    expect(await world.scheduler.until(leaves(), 60_000)).toEqual(expected);
    expect(hedges.hedged).toBe(1);
  });

  it('a node known to be away is rebuilt around at once; of three the read says so', async () => {
    const { world, result } = await stored();
    const read = async (): Promise<{ same: boolean; hedged: number }> => {
      using blob = await openBlob(result.blobId, world.readerOptions());
      let same = true;
      for (const [at, { path, source }] of world.files.entries()) {
        const start = (at * 331) % (world.packBytes - 48);
        const bytes = await blob.bytes(path, { start, end: start + 48 });
        if (Buffer.compare(bytes, await source.read(start, 48)) !== 0) same = false;
      }
      return { same, hedged: blob.hedgedBytes };
    };
    host(world, 2).kill();
    expect(await world.scheduler.until(read(), 600_000)).toEqual({ same: true, hedged: 0 });
    for (const at of [3, 4]) host(world, at).kill();
    await expect(world.scheduler.until(read(), 600_000)).rejects.toThrow(/not-enough-shards/);
  });
});
