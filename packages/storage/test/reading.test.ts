/** Reads around nodes that are silent: asked last once that is known, hedged within a budget while it is not. */
import { describe, expect, it } from 'vitest';
import type { SimHost } from '../../../sim/storage/host.ts';
import { World } from '../../../sim/storage/world.ts';

const host = (world: World, at: number): SimHost => world.hosts[at] as SimHost;
const slowest = (times: readonly number[]): number => Math.max(...times);

async function stored(): Promise<{ world: World; read: () => ReturnType<World['readBack']> }> {
  const world = await World.create({ seed: 40, packs: 60 });
  const result = await world.finish(world.startUpload());
  return { world, read: () => world.readBack(result) };
}

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
