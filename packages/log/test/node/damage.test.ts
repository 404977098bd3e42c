/** What a log refuses to open, and what fsck finds: snapshots, other keys, backward clocks, flipped bits. */
import { openCheckpoint } from '@assay/log';
import { fsck, LogError, type LogOptions, openLog } from '@assay/log/node';
import { ed25519Signer } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { LogKeys } from '../../src/node/log-keys.ts';
import { FaultDisk } from '../faults/fault-disk.ts';
import { describeEntry, ed25519, ORIGIN, request, requests, testClock } from './support.ts';

const { verifiers } = new LogKeys(ORIGIN, ed25519);

function optionsOn(disk: FaultDisk, changes: Partial<LogOptions> = {}): LogOptions {
  const base = {
    origin: ORIGIN,
    ed25519,
    files: disk,
    row: disk.row(),
    clock: testClock(),
    describe: describeEntry,
  };
  return { ...base, segmentBytes: 3_000, ...changes };
}

/** A log of 600 entries, the first 550 flushed to durable tiles, the rest in a segment, everything published. */
async function builtDisk(): Promise<FaultDisk> {
  const disk = new FaultDisk();
  const log = await openLog(optionsOn(disk));
  await log.appendBatch(requests(550));
  await log.settled();
  await log.appendBatch(requests(50, 550));
  await log.publish(log.signForPublication().note);
  await log.close();
  return disk;
}

describe('openLog refuses', () => {
  it('facts §7 trap 2: files older than the checkpoint row (a restored snapshot)', async () => {
    const disk = new FaultDisk();
    const log = await openLog(optionsOn(disk, { segmentBytes: 1e9 }));
    await log.append(request('one'));
    const snapshot = disk.after('process');
    await log.append(request('two'));
    await log.close();
    snapshot.rowState = disk.rowState;
    await expect(openLog(optionsOn(snapshot))).rejects.toMatchObject({ code: 'row-ahead' });
    expect((await fsck({ files: snapshot, row: snapshot.row() })).findings).toMatchObject([
      { code: 'segment-short' },
    ]);
  });

  it('a row older than the files is brought forward, not obeyed: nothing acknowledged is dropped', async () => {
    const disk = new FaultDisk();
    const log = await openLog(optionsOn(disk, { segmentBytes: 1e9 }));
    await log.append(request('one'));
    const old = disk.rowState;
    await log.append(request('two'));
    await log.append(request('three'));
    const { root } = log.newest;
    await log.close();
    if (old === undefined) throw new Error('no row was written');
    disk.rowState = old;
    const again = await openLog(optionsOn(disk));
    expect(again.size).toBe(3);
    expect(again.newest.root).toEqual(root);
  });

  it('another origin, another key, and a row that is gone', async () => {
    const disk = await builtDisk();
    await expect(openLog(optionsOn(disk, { origin: 'log.example/other' }))).rejects.toMatchObject({
      code: 'wrong-origin',
    });
    const other = ed25519Signer(new Uint8Array(32).fill(9));
    await expect(openLog(optionsOn(disk, { ed25519: other }))).rejects.toMatchObject({ code: 'wrong-key' });
    disk.rowState = undefined;
    await expect(openLog(optionsOn(disk))).rejects.toMatchObject({ code: 'missing' });
    expect((await fsck({ files: disk, row: disk.row() })).findings).toMatchObject([{ code: 'row-missing' }]);
  });

  it('facts §7 trap 9: a clock before the newest checkpoint, on start and while running', async () => {
    const disk = await builtDisk();
    const clock = testClock(1_700_000_000);
    await expect(openLog(optionsOn(disk, { clock }))).rejects.toMatchObject({ code: 'clock-backwards' });
    clock.seconds = 1_900_000_000;
    const log = await openLog(optionsOn(disk, { clock }));
    await log.append(request('a'));
    clock.seconds -= 1;
    await expect(log.append(request('b'))).rejects.toMatchObject({ code: 'clock-backwards' });
    clock.seconds += 1;
    expect(await log.append(request('b'))).toMatchObject({ index: 601, isDuplicate: false });
  });
});

describe('facts §7 trap 6: every flipped bit is found', async () => {
  const whole = await builtDisk();

  it('the log has durable tiles and bundles, fresh ones, and a segment', () => {
    const kinds = whole.paths.map((path) => path.replace(/[0-9]{3,}.*/, ''));
    expect(new Set(kinds)).toEqual(
      new Set([
        'index/',
        'public/checkpoint',
        'public/tile/0/',
        'public/tile/1/',
        'public/tile/entries/',
        'wal/',
      ]),
    );
  });

  for (const path of whole.paths) {
    it(`${path}: fsck finds it; opening refuses it or puts it right from what is durable`, async () => {
      const length = ((await whole.read(path)) as Uint8Array).length * 8;
      const stride = Math.max(1, Math.floor(length / 23));
      for (let bit = 0; bit < length; bit += stride) {
        const disk = whole.after('process');
        disk.flip(path, bit);
        const { findings } = await fsck({ files: disk, row: disk.row(), verifiers });
        expect(findings.length, `bit ${bit}`).toBeGreaterThan(0);
        const outcome = await openLog(optionsOn(disk)).catch((error: unknown) => error);
        if (outcome instanceof LogError) {
          expect(['corrupt', 'row-ahead', 'missing'], `bit ${bit}`).toContain(outcome.code);
        } else {
          const after = await fsck({ files: disk, row: disk.row(), verifiers });
          expect(after.findings, `bit ${bit}`).toEqual([]);
        }
      }
    });
  }

  it('a tile of another place is not this one', async () => {
    const disk = whole.after('process');
    const other = (await disk.read('public/tile/0/001')) as Uint8Array;
    await disk.replace('public/tile/0/000', other);
    const { findings } = await fsck({ files: disk, row: disk.row(), verifiers });
    expect(findings).toMatchObject([{ code: 'tile-mismatch', where: 'public/tile/0/000' }]);
    await expect(openLog(optionsOn(disk))).rejects.toMatchObject({
      code: 'corrupt',
      where: 'public/tile/0/000',
    });
  });

  it('a missing tile or bundle is named', async () => {
    for (const path of ['public/tile/0/000', 'public/tile/entries/001']) {
      const disk = whole.after('process');
      await disk.remove([path]);
      const { findings } = await fsck({ files: disk, row: disk.row(), verifiers });
      expect(findings.map(({ code }) => code).join()).toMatch(/missing/);
    }
  });

  it('a published checkpoint signed by somebody else is found', async () => {
    const disk = whole.after('process');
    const stranger = new LogKeys(ORIGIN, ed25519Signer(new Uint8Array(32).fill(5)));
    const { findings } = await fsck({ files: disk, row: disk.row(), verifiers: stranger.verifiers });
    expect(findings).toMatchObject([{ code: 'checkpoint-signature' }]);
    const note = (await disk.read('public/checkpoint')) as Uint8Array;
    expect(openCheckpoint(note, verifiers).checkpoint.size).toBe(600);
  });
});
