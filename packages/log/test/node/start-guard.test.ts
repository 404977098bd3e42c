/** PROTOCOL 4.2: on start the log asks its witnesses before it signs. */
import { ed25519Signer } from '@assay/core';
import { type LogOptions, openLog, startGuard, type WitnessView } from '@assay/log/node';
import { describe, expect, it } from 'vitest';
import { LogKeys } from '../../src/node/log-keys.ts';
import { FaultDisk } from '../faults/fault-disk.ts';
import { describeEntry, ed25519, ORIGIN, request, requests, testClock } from './support.ts';

const optionsOn = (disk: FaultDisk, guard?: LogOptions['guard']): LogOptions => ({
  origin: ORIGIN,
  ed25519,
  files: disk,
  row: disk.row(),
  clock: testClock(),
  describe: describeEntry,
  ...(guard === undefined ? {} : { guard }),
});

const holding = (name: string, note: Uint8Array | undefined): WitnessView => ({
  name,
  lastCheckpoint: async () => note,
});
const silent = (name: string): WitnessView => ({
  name,
  lastCheckpoint: async () => {
    throw new Error('connection refused');
  },
});

/** A log of five entries, and the notes it signed at sizes 3 and 5. */
async function history(): Promise<{ disk: FaultDisk; old: FaultDisk; at3: Uint8Array; at5: Uint8Array }> {
  const disk = new FaultDisk();
  const log = await openLog(optionsOn(disk));
  await log.appendBatch(requests(3));
  const at3 = log.newest.note;
  const old = disk.after('process');
  await log.appendBatch(requests(2, 3));
  return { disk, old, at3, at5: log.newest.note };
}

describe('PROTOCOL 4.2: the guard at the start', async () => {
  const { disk, old, at3, at5 } = await history();
  const open = (on: FaultDisk, witnesses: WitnessView[]): Promise<unknown> =>
    openLog(optionsOn(on.after('process'), startGuard(witnesses, 3)));

  it('opens when two of four witnesses, n − q + 1, answer and hold no more than we do', async () => {
    const log = await open(disk, [holding('w1', at5), holding('w2', at3), silent('w3'), silent('w4')]);
    expect(log).toMatchObject({ size: 5 });
    expect(
      await open(disk, [holding('w1', undefined), holding('w2', undefined), silent('w3'), silent('w4')]),
    ).toBeDefined();
  });

  it('a restored old copy is refused by one witness that saw more', async () => {
    const opening = open(old, [holding('w1', at5), holding('w2', at3), holding('w3', at3), silent('w4')]);
    await expect(opening).rejects.toMatchObject({ code: 'witness-ahead' });
  });

  it('another tree under our own signature is refused, of the same size or a smaller one', async () => {
    const fork = new FaultDisk();
    const log = await openLog(optionsOn(fork));
    await log.appendBatch([request('x'), ...requests(2)]);
    const forked = log.newest.note;
    for (const on of [disk, old]) {
      const opening = open(on, [holding('w1', forked), holding('w2', at3), silent('w3'), silent('w4')]);
      await expect(opening).rejects.toMatchObject({ code: 'witness-fork' });
    }
  });

  it('too few answers: the log does not sign', async () => {
    const opening = open(disk, [holding('w1', at5), silent('w2'), silent('w3'), silent('w4')]);
    await expect(opening).rejects.toMatchObject({ code: 'witness-silent' });
  });

  it('a checkpoint without our signature counts neither for nor against us', async () => {
    const stranger = new LogKeys(ORIGIN, ed25519Signer(new Uint8Array(32).fill(3)));
    const forged = stranger.signNow({ origin: ORIGIN, size: 1_000, root: new Uint8Array(32) });
    expect(
      await open(disk, [holding('w1', forged), holding('w2', at5), holding('w3', at5), silent('w4')]),
    ).toBeDefined();
    const opening = open(disk, [holding('w1', forged), holding('w2', at5), silent('w3'), silent('w4')]);
    await expect(opening).rejects.toMatchObject({ code: 'witness-silent' });
  });

  it('nothing is signed or written before the guard has spoken', async () => {
    const before = old.after('process');
    const opening = openLog(optionsOn(before, startGuard([holding('w1', at5)], 1)));
    await expect(opening).rejects.toMatchObject({ code: 'witness-ahead' });
    expect(before.steps).toBe(0);
  });
});
