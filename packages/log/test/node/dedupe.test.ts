/** PROTOCOL 1.2: the same record once; the same declared key with another record kept and reported. */
import { utf8 } from '@assay/core';
import { GROUP_ENTRIES, openLog } from '@assay/log/node';
import { describe, expect, it } from 'vitest';
import { DedupeIndex } from '../../src/node/dedupe-index.ts';
import { DigestMap } from '../../src/node/digest-map.ts';
import { FaultDisk } from '../faults/fault-disk.ts';
import { describeEntry, ed25519, ORIGIN, request, requests, testClock } from './support.ts';

const optionsOn = (disk: FaultDisk): Parameters<typeof openLog>[0] => ({
  origin: ORIGIN,
  ed25519,
  files: disk,
  row: disk.row(),
  clock: testClock(),
  describe: describeEntry,
});

describe('PROTOCOL 1.2: dedupe', () => {
  it('the same record by the same signer keeps its first index, also in one batch, in flight, and after a restart', async () => {
    const disk = new FaultDisk();
    const log = await openLog(optionsOn(disk));
    const [a, b, again] = await log.appendBatch([request('a'), request('b'), request('a')]);
    expect([a, b, again]).toMatchObject([
      { index: 0, isDuplicate: false },
      { index: 1, isDuplicate: false },
      { index: 0, isDuplicate: true },
    ]);
    const racing = await Promise.all(Array.from({ length: 20 }, () => log.append(request('c'))));
    expect(racing.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
    expect(new Set(racing.map(({ index }) => index))).toEqual(new Set([2]));
    await log.close();
    const reopened = await openLog(optionsOn(disk.after('power')));
    expect(await reopened.append(request('b'))).toMatchObject({ index: 1, isDuplicate: true });
    expect(reopened.size).toBe(3);
  });

  it('the same record by another signer is another entry', async () => {
    const log = await openLog(optionsOn(new FaultDisk()));
    const first = request('a');
    await log.append(first);
    const cosigned = { ...first, bytes: utf8('other envelope of a'), signer: 't' };
    expect(await log.append(cosigned)).toMatchObject({ index: 1, isDuplicate: false, conflicts: [] });
    expect(await log.append(cosigned)).toMatchObject({ index: 1, isDuplicate: true });
    expect(log.indexOf(first.id)).toBe(0);
  });

  it('a declared key with another record: both are kept and the first is named; another signer shares no keys', async () => {
    const disk = new FaultDisk();
    let log = await openLog(optionsOn(disk));
    await log.append(request('a|n1 s1 7'));
    await log.close();
    log = await openLog(optionsOn(disk));
    expect(await log.append(request('b|n1 s1 7|other'))).toMatchObject({
      index: 1,
      isDuplicate: false,
      conflicts: [{ key: 'n1 s1 7', first: 0 }],
    });
    expect(await log.append({ ...request('c|n1 s1 7'), signer: 't' })).toMatchObject({
      index: 2,
      conflicts: [],
    });
    expect(new TextDecoder().decode(await log.entry(1))).toBe('b|n1 s1 7|other');
    expect(log.indexOfKey('s', 'n1 s1 7')).toBe(0);
    expect(log.indexOfKey('s', 'never')).toBeUndefined();
  });

  it('an entry too large, and a queue too long, are refused with nothing taken', async () => {
    const log = await openLog({ ...optionsOn(new FaultDisk()), queueLimit: 10 });
    const large = { ...request('x'), bytes: new Uint8Array(65_536) };
    await expect(log.appendBatch([request('a'), large])).rejects.toMatchObject({ code: 'entry-size' });
    await expect(log.appendBatch(requests(11))).rejects.toMatchObject({ code: 'overloaded' });
    expect(log.size).toBe(0);
    expect(await log.append(request('a'))).toMatchObject({ index: 0 });
  });

  it('a batch longer than a group takes several, in order', async () => {
    const log = await openLog(optionsOn(new FaultDisk()));
    const appended = await log.appendBatch(requests(GROUP_ENTRIES + 10));
    expect(appended.every(({ index }, i) => index === i)).toBe(true);
    expect(log.size).toBe(GROUP_ENTRIES + 10);
  });
});

describe('the digest map', () => {
  it('finds what was added, and only that, across many growths', () => {
    const map = new DigestMap();
    const digest = (i: number): string => `${(i * 2_654_435_761).toString(16).padStart(32, '0')}`;
    for (let i = 0; i < 20_000; i++) map.add(digest(i), i, i % 7);
    for (let i = 0; i < 20_000; i += 13) {
      const item = map.find(digest(i)) as number;
      expect([map.indexOf(item), map.tagOf(item)]).toEqual([i, i % 7]);
    }
    expect(map.find(digest(20_001))).toBeUndefined();
    map.add(digest(5), 99, 0);
    expect(map.indexOf(map.find(digest(5)) as number)).toBe(5);
  });

  it('a million records with a key each stay below 100 bytes apiece', () => {
    const before = process.memoryUsage().arrayBuffers;
    const index = new DedupeIndex();
    for (let i = 0; i < 100_000; i++) {
      const id = (BigInt(i) * 0x9e3779b97f4a7c15f39cc0605cedc834n).toString(16).padStart(64, '0').slice(-64);
      index.claim({ id: [...id].toReversed().join(''), signer: `k${i % 100}`, keys: [] }, i);
    }
    expect((process.memoryUsage().arrayBuffers - before) / 100_000).toBeLessThan(100);
  });
});
