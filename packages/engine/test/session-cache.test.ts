/** The session cache: loads once, forgets the least recently used, closes nothing that runs. */
import type { Tensor } from '@assay/core';
import { elementsOf } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { EngineError, type Session, SessionCache } from '../src/index.ts';
import { engine, floats, linear } from './graphs.ts';

/** A cache over real sessions; version "w" answers x·w + 1. */
function cacheOf(capacity: number): { cache: SessionCache; loads: string[] } {
  const loads: string[] = [];
  const load = async (version: string): Promise<Session> => {
    loads.push(version);
    const weight = Number(version);
    if (Number.isNaN(weight)) throw new Error(`no such version: ${version}`);
    const { graph, manifest } = linear([weight, 0]);
    return engine().load(manifest, graph);
  };
  return { cache: new SessionCache({ capacity, load }), loads };
}

const ask = async (session: Session): Promise<number | undefined> => {
  const { outputs } = await session.run([floats('x', [1, 2], [1, 0])]);
  return elementsOf(outputs[0] as Tensor, 'FP32')[0];
};

describe('the session cache', () => {
  it('loads a version once for all who ask at the same time', async () => {
    const { cache, loads } = cacheOf(2);
    expect(await Promise.all(Array.from({ length: 10 }, () => cache.use('4', ask)))).toEqual(
      Array(10).fill(5),
    );
    expect(loads).toEqual(['4']);
  });

  it('drops the least recently used beyond its capacity', async () => {
    const { cache, loads } = cacheOf(2);
    for (const version of ['1', '2', '1', '3']) await cache.use(version, ask);
    expect(cache.versions).toEqual(['1', '3']);
    await cache.use('2', ask);
    expect(loads).toEqual(['1', '2', '3', '2']);
  });

  it('never closes a session that runs, and closes it when its last user leaves', async () => {
    const { cache } = cacheOf(1);
    const seen: Session[] = [];
    const answer = await cache.use('1', async (outer) => {
      seen.push(outer);
      await cache.use('2', ask);
      await cache.use('3', ask);
      await cache.evict('1');
      return ask(outer);
    });
    expect(answer).toBe(2);
    await expect(ask(seen[0] as Session)).rejects.toThrow(EngineError);
    // Version 1 held the only place until it left, so neither 2 nor 3 stayed.
    expect(cache.versions).toEqual([]);
  });

  it('does not remember a failed load', async () => {
    const { cache, loads } = cacheOf(1);
    await expect(cache.use('none', ask)).rejects.toThrow('no such version');
    await expect(cache.use('none', ask)).rejects.toThrow('no such version');
    expect(loads).toEqual(['none', 'none']);
    expect(cache.versions).toEqual([]);
    expect(await cache.use('1', ask)).toBe(2);
  });

  it('serves nothing once closed', async () => {
    const { cache } = cacheOf(1);
    await cache.use('1', ask);
    await cache[Symbol.asyncDispose]();
    await expect(cache.use('1', ask)).rejects.toMatchObject({ code: 'disposed' });
  });
});
