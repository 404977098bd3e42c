/** A lane's judgement of its node: by kind of call, and in the light of what every other node does. */
import { sha256, utf8 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { Scheduler } from '../../../sim/storage/scheduler.ts';
import { Lane, Stalled } from '../src/client/lane.ts';
import type { CallOptions, StorageNode } from '../src/client/ports.ts';

const scheduler = new Scheduler();
const never = new Promise<never>(() => undefined);

function lanes(count: number): Lane[] {
  const made: Lane[] = [];
  const { signal } = new AbortController();
  for (let i = 0; i < count; i++) {
    const node = { id: sha256(utf8(`lane ${i}`)) } as unknown as StorageNode;
    const probe = (): Promise<void> => never;
    const all = (): Lane[] => made;
    made.push(
      new Lane({ node, clock: scheduler, random: () => 0.5, probe, onState: () => undefined, all, signal }),
    );
  }
  return made;
}

const takes = (ms: number) => (): Promise<void> => scheduler.sleep(ms);
const { signal: open } = new AbortController();

/** Milliseconds until a call that never answers is given up. */
async function patience(lane: Lane, kind: 'put' | 'small'): Promise<number> {
  const started = scheduler.now();
  const outcome = lane.call(() => never, open, kind).catch((error: unknown) => error);
  expect(await scheduler.until(outcome, 60_000)).toBeInstanceOf(Stalled);
  return scheduler.now() - started;
}

describe('lane', () => {
  it('quick greetings do not shorten the patience for the first shard', async () => {
    const [lane] = lanes(1) as [Lane];
    for (let i = 0; i < 10; i++) await scheduler.until(lane.call(takes(1), open), 1_000);
    expect(await patience(lane, 'put')).toBe(2_000);
    expect(await patience(lane, 'small')).toBe(250);
  });

  it('while everybody who was asked is silent, nobody is blamed for four times as long', async () => {
    const all = lanes(3);
    const given = all.map((lane) => patience(lane, 'put'));
    expect(await Promise.all(given)).toEqual([8_000, 8_000, 8_000]);
  });

  it('one that is silent while others answer is blamed at once', async () => {
    const [silent, talking] = lanes(2) as [Lane, Lane];
    const talk = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) {
        await talking.call(
          async (_node: StorageNode, { onBytes }: CallOptions) => {
            for (let j = 0; j < 10; j++) {
              await scheduler.sleep(10);
              onBytes?.();
            }
          },
          open,
          'put',
        );
      }
    };
    const talked = talk();
    expect(await patience(silent, 'put')).toBe(2_000);
    await scheduler.until(talked, 60_000);
  });

  it('a node that was given up is back as soon as a shard that was on its way arrives, and no sooner for a greeting', async () => {
    const [lane] = lanes(1) as [Lane];
    const slowly = async (_node: StorageNode, { onBytes }: CallOptions): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        await scheduler.sleep(500);
        onBytes?.();
      }
    };
    const greeting = lane.call(slowly, open);
    const shard = lane.call(slowly, open, 'put').then(() => lane.state);
    // Two that never move: the node is given up, and its probe never answers.
    await Promise.all([patience(lane, 'put'), patience(lane, 'put')]);
    expect(lane.state).toBe('stalled');
    expect(
      await scheduler.until(
        greeting.then(() => lane.state),
        60_000,
      ),
    ).toBe('stalled');
    expect(await scheduler.until(shard, 60_000)).toBe('ready');
    await scheduler.until(lane.call(takes(1), open), 1_000);
  });

  it('a call that waits for its turn ends with its signal, and so does one whose turn comes after that', async () => {
    const [lane] = lanes(1) as [Lane];
    const abort = new AbortController();
    const running = Array.from({ length: 4 }, () => lane.call(() => never, abort.signal, 'put'));
    const queued = lane.call(takes(1), abort.signal, 'put');
    const ends = Promise.allSettled([
      ...running.map((call) => Promise.race([call, scheduler.sleep(50)])),
      queued,
    ]);
    abort.abort();
    const last = (await scheduler.until(ends, 1_000)).at(-1);
    expect(last?.status).toBe('rejected');
  });
});
