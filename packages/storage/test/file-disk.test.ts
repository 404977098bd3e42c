/** The disk port over files: past the page cache or not, what is read is what was written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, hex, sha256 } from '@assay/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { seeded } from '../../../sim/storage/sim-disk.ts';
import { alignedMemory } from '../src/codec/wasm.ts';
import { makeStages, openDirect } from '../src/node/engine/direct-file.ts';
import { type FileDisk, openFileDisk } from '../src/node/index.ts';
import { noise } from './model-files.ts';

const SEGMENT = 16 << 20;
let directory: string;
let disk: FileDisk;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'assay-disk-'));
  disk = await openFileDisk(directory);
});
afterEach(async () => {
  await disk[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** Memory that a disk can take as it lies. */
const aligned = alignedMemory(3_000_000) ?? new Uint8Array(3_000_000);

/**
 * Parts as records have them: a few bytes, or more than a stage holds. Now and then what came before is filled up to a
 * block, as fillers do, and the body that follows lies aligned in memory.
 */
function partsOf(random: () => number, end: number): Uint8Array[] {
  if (random() < 0.3) {
    const body = aligned.subarray(0, Math.floor(random() * 3_000_000));
    body.set(noise(body.length, Math.floor(random() * 1e6)));
    return [
      noise((-end & 4_095) + (random() < 0.5 ? 4_096 : 0), 1),
      body,
      noise(Math.floor(random() * 99), 2),
    ];
  }
  const lengths = Array.from({ length: 1 + Math.floor(random() * 5) }, () =>
    random() < 0.2 ? Math.floor(random() * 2_500_000) : Math.floor(random() * 5_000),
  );
  return lengths.map((length) => noise(length, Math.floor(random() * 1e6)));
}

const digest = (bytes: Uint8Array): string => hex(sha256(bytes));

it('one write after another: every byte lies where it was put, the rest is zero, and a second reader sees the same', async () => {
  for (let seed = 0; seed < 12; seed++) {
    const random = seeded(seed);
    await disk.create(seed, SEGMENT);
    let end = 0;
    const all: Uint8Array[] = [];
    while (end < 8_000_000) {
      const parts = partsOf(random, end);
      const whole = concat(...parts);
      await disk.write(seed, end, parts);
      if (random() < 0.5) await disk.sync(seed);
      expect(digest(await disk.read(seed, end, whole.length))).toBe(digest(whole));
      all.push(whole);
      end += whole.length;
    }
    await using other = await openFileDisk(directory);
    expect(digest(await other.read(seed, 0, end))).toBe(digest(concat(...all)));
    expect((await other.read(seed, end, 9_000)).every((byte) => byte === 0)).toBe(true);
    expect(await other.size(seed)).toBe(SEGMENT);
  }
});

it('a write elsewhere than at the end is taken as well, and those after it', async () => {
  await disk.create(0, SEGMENT);
  const [a, b, c] = [noise(10_000, 1), noise(3_000, 2), noise(70_000, 3)];
  await disk.write(0, 0, [a]);
  await disk.write(0, 5_000, [b]);
  await disk.write(0, 10_000, [c]);
  await disk.sync(0);
  expect(digest(await disk.read(0, 0, 80_000))).toBe(
    digest(concat(a.subarray(0, 5_000), b, a.subarray(8_000), c)),
  );
});

it('after a write that failed the next one begins where it should have', async () => {
  await disk.create(0, SEGMENT);
  const stages = makeStages();
  const file = stages && (await openDirect(join(directory, '0000000000.segment'), stages));
  // Here no file can be written past the page cache; then there is nothing to be held to.
  if (file === undefined) return;
  const [kept, lost, next] = [noise(5_000, 1), noise(3_000_000, 2), noise(9_000, 3)];
  await file.append([kept]);
  const broken = new Proxy(lost, {
    get: (target, name) => (name === 'length' ? target.length : (Reflect.get({}, name) as never)),
  });
  await expect(file.append([lost.subarray(0, 2_000_000), broken])).rejects.toThrow();
  expect(file.end).toBe(5_000);
  await file.append([next]);
  await file.close();
  expect(digest(await disk.read(0, 0, 14_000))).toBe(digest(concat(kept, next)));
});
