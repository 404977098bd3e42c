/** The real appender on a disk that fails or dies at step k, for every k that a full run counts. */
import { equal } from '@assay/core';
import { parseCheckpoint, parseNote } from '@assay/log';
import { fsck, type Log, type LogOptions, openLog } from '@assay/log/node';
import { describe, expect, it } from 'vitest';
import { LogKeys } from '../../src/node/log-keys.ts';
import { describeEntry, ed25519, ORIGIN, request, testClock } from '../node/support.ts';
import { AFTERMATHS, FAULT_KINDS, FaultDisk, InjectedFault } from './fault-disk.ts';

// Without ML-DSA-44: its signatures are a thousand times the rest of this test.
const { verifiers } = new LogKeys(ORIGIN, ed25519);

const optionsOn = (disk: FaultDisk): LogOptions => ({
  origin: ORIGIN,
  ed25519,
  files: disk,
  row: disk.row(),
  clock: testClock(),
  describe: describeEntry,
  // Small enough that the run below rotates and flushes, with full and partial tiles on both sides.
  segmentBytes: 3_000,
});

/** Everything the world was told: positions of entries, and signed trees. */
class Told {
  readonly entries = new Map<number, string>();
  readonly roots = new Map<number, Uint8Array>();

  copy(): Told {
    const copy = new Told();
    for (const [index, text] of this.entries) copy.entries.set(index, text);
    for (const [size, root] of this.roots) copy.roots.set(size, root);
    return copy;
  }

  sees(note: Uint8Array): void {
    // Parsed only: signatures are what fsck and other tests verify, and would be most of this one's time.
    const { size, root } = parseCheckpoint(parseNote(note).text);
    const before = this.roots.get(size);
    if (before !== undefined && !equal(before, root)) throw new Error(`two signed trees of size ${size}`);
    this.roots.set(size, root);
  }

  async append(log: Log, texts: readonly string[]): Promise<void> {
    const appended = await log.appendBatch(texts.map(request));
    appended.forEach(({ index }, i) => {
      const text = texts[i] as string;
      const there = this.entries.get(index);
      if (there !== undefined && there !== text)
        throw new Error(`index ${index} given to ${there} and ${text}`);
      this.entries.set(index, text);
    });
    this.sees(log.newest.note);
  }

  async publish(log: Log): Promise<void> {
    const { note } = log.signForPublication();
    this.sees(note);
    await log.publish(note);
  }
}

/** A life of a log: across the first tile boundary, publications, rotations, duplicates, a restart. */
async function live(disk: FaultDisk, told: Told): Promise<void> {
  let log = await openLog(optionsOn(disk));
  await told.append(log, texts(0, 250));
  await told.publish(log);
  for (let i = 250; i < 259; i++) await told.append(log, [`e${i}|key${i}`]);
  await told.publish(log);
  await log.settled();
  await told.append(log, ['e255|key255', 'other|key255']);
  await log.close();
  log = await openLog(optionsOn(disk));
  await told.append(log, texts(300, 270));
  await told.publish(log);
  await log.settled();
  await told.append(log, ['last']);
  await log.close();
}

const texts = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `e${from + i}`);

/** A life that ends by the injected fault, or by the writer's own refusal after it; anything else is a defect. */
async function liveUntilFault(disk: FaultDisk, told: Told): Promise<void> {
  try {
    await live(disk, told);
  } catch (error) {
    const causes = [error, error instanceof Error ? error.cause : undefined];
    if (!causes.some((cause) => cause instanceof InjectedFault)) throw error;
  }
}

async function mustHold(disk: FaultDisk, told: Told): Promise<void> {
  const log = await openLog(optionsOn(disk));
  for (const [index, text] of told.entries) {
    expect(new TextDecoder().decode(await log.entry(index)), `entry ${index}`).toBe(text);
  }
  for (const [size, root] of told.roots)
    expect(equal(await log.rootAt(size), root), `tree of ${size}`).toBe(true);
  // Life goes on, under the same promises.
  await told.append(log, ['afterwards', ...texts(0, 3)]);
  await told.publish(log);
  await log.close();
  expect(await fsck({ files: disk, row: disk.row(), verifiers })).toMatchObject({
    size: log.size,
    findings: [],
  });
}

describe('PROTOCOL 4, facts §7 trap 1: a crash or an error at any durable step', async () => {
  const clean = new FaultDisk();
  await live(clean, new Told());

  it('the run counts creations, appends, syncs, renames, removals and swaps', () => {
    const kinds = new Set(clean.trace.map((step) => step.split(' ')[0]));
    expect([...kinds].toSorted()).toEqual([
      'append',
      'create',
      'datasync',
      'remove',
      'replace',
      'swap',
      'sync',
    ]);
    expect(clean.steps).toBeGreaterThan(60);
  });

  for (const kind of FAULT_KINDS) {
    it(`${kind} at each of ${clean.steps} steps, whatever is left: nothing acknowledged is lost, no index moves, no second tree`, async () => {
      for (let step = 1; step <= clean.steps; step++) {
        const disk = new FaultDisk({ step, kind });
        const told = new Told();
        await liveUntilFault(disk, told);
        for (const aftermath of AFTERMATHS) {
          await mustHold(disk.after(aftermath), told.copy()).catch((error: unknown) => {
            const where = `step ${step}, ${disk.trace.at(-1)}, ${aftermath}`;
            throw new Error(`after ${kind} at ${where}`, { cause: error });
          });
        }
      }
    });
  }

  it('a second crash while recovering from the first', async () => {
    for (let step = 1; step <= clean.steps; step += 3) {
      const before = new Told();
      const first = new FaultDisk({ step, kind: 'stop-after' });
      await liveUntilFault(first, before);
      for (let again = 1; again <= 4; again++) {
        const told = before.copy();
        const second = first.after('scraps', { step: again, kind: 'stop-midway' });
        await liveUntilFault(second, told);
        await mustHold(second.after('power'), told);
      }
    }
  });

  it('a run without a fault is clean', async () => {
    const told = new Told();
    const disk = new FaultDisk();
    await live(disk, told);
    expect(told.entries.size).toBeGreaterThan(500);
    await mustHold(disk.after('power'), told);
  });
});
