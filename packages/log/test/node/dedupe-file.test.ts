/** The dedupe index on disk: derived, exact, and made again whenever it is not certain. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, sha256, utf8 } from '@assay/core';
import { diskFiles, type EntryDescription, fsck, type LogOptions, openLog, sqliteRow } from '@assay/log/node';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DedupeIndex } from '../../src/node/dedupe-index.ts';
import { FaultDisk } from '../faults/fault-disk.ts';
import { ed25519, ORIGIN, testClock } from './support.ts';

/** `name signer|key|…`; names that begin with q are quiet, with n notable. */
function describeText(entry: Uint8Array): EntryDescription {
  const [head = '', ...keys] = new TextDecoder().decode(entry).split('|');
  const [name = '', signer = 's'] = head.split(' ');
  return {
    id: hex(sha256(utf8(name))),
    signer,
    keys,
    isQuiet: name.startsWith('q'),
    isNotable: name.startsWith('n'),
  };
}

const request = (text: string) => ({ bytes: utf8(text), ...describeText(utf8(text)) });

function optionsOn(disk: FaultDisk, changes: Partial<LogOptions> = {}): LogOptions {
  return {
    origin: ORIGIN,
    ed25519,
    files: disk,
    row: disk.row(),
    clock: testClock(),
    describe: describeText,
    segmentBytes: 3_000,
    ...changes,
  };
}

const FIRST = 'n1';

/** Two flushed stretches and a tail. */
async function built(prefix = 'e'): Promise<FaultDisk> {
  const disk = new FaultDisk();
  let log = await openLog(optionsOn(disk));
  await log.appendBatch([request(FIRST), request(`${prefix}0 a|k0`), request(`${prefix}0 b|k0`)]);
  await log.appendBatch(Array.from({ length: 400 }, (_, i) => request(`${prefix}${i + 1}|k${i + 1}`)));
  await log.settled();
  await log.close();
  log = await openLog(optionsOn(disk));
  await log.appendBatch([request('n2'), request('q1')]);
  await log.appendBatch(Array.from({ length: 300 }, (_, i) => request(`${prefix}more${i} t|k${i}`)));
  await log.settled();
  await log.appendBatch([request(`${prefix}tail`), request('n3')]);
  await log.close();
  return disk;
}

/** What must hold of a log that `built` made, however it was opened. */
async function mustBeExact(disk: FaultDisk, prefix = 'e'): Promise<void> {
  const log = await openLog(optionsOn(disk));
  const { size } = log;
  expect(await log.append(request(`${prefix}7|k7`))).toMatchObject({ index: 9, isDuplicate: true });
  expect(await log.append(request(`${prefix}0 b|k0`))).toMatchObject({ index: 2, isDuplicate: true });
  expect(await log.append(request(`${prefix}more5 t|k5`))).toMatchObject({ isDuplicate: true });
  expect(await log.append(request(`${prefix}tail`))).toMatchObject({ index: size - 2, isDuplicate: true });
  expect(log.size).toBe(size);
  expect(await log.append(request('other|k7'))).toMatchObject({
    isDuplicate: false,
    conflicts: [{ key: 'k7', first: 9 }],
  });
  expect(await log.append(request('another t|k7'))).toMatchObject({ conflicts: [{ key: 'k7' }] });
  await log.close();
}

const indexFiles = (disk: FaultDisk): string[] => disk.paths.filter((path) => path.startsWith('index/'));

describe('the dedupe index on disk', () => {
  it('a start takes apart only what no file covers, and is told of what is notable, in order', async () => {
    const disk = await built();
    expect(indexFiles(disk)).toHaveLength(2);
    let described = 0;
    const told: [string, number][] = [];
    const log = await openLog(
      optionsOn(disk, {
        describe: (entry) => {
          described++;
          return describeText(entry);
        },
        onEntry: (entry, index) => void told.push([new TextDecoder().decode(entry), index]),
      }),
    );
    expect(told).toEqual([
      ['n1', 0],
      ['n2', 403],
      ['n3', log.size - 1],
    ]);
    expect(described).toBe(2 + 2);
    await log.close();
    await mustBeExact(disk);
  });

  it('the same on a real disk', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'assay-dedupe-'));
    const options = (): LogOptions => ({
      ...optionsOn(new FaultDisk()),
      files: diskFiles(directory),
      row: sqliteRow(join(directory, 'log.db')),
    });
    let log = await openLog(options());
    await log.appendBatch(Array.from({ length: 401 }, (_, i) => request(`e${i}|k${i}`)));
    await log.settled();
    await log.close();
    let described = 0;
    log = await openLog({ ...options(), describe: (entry) => (described++, describeText(entry)) });
    expect(described).toBe(0);
    expect(await log.append(request('e7|k7'))).toMatchObject({ index: 7, isDuplicate: true });
    expect(await log.append(request('new|k400'))).toMatchObject({
      conflicts: [{ key: 'k400', first: 400 }],
    });
    await log.close();
    rmSync(directory, { recursive: true });
  });

  it.each<[string, (disk: FaultDisk, paths: string[]) => Promise<void> | void]>([
    ['without its files', (disk, paths) => disk.remove(paths)],
    ['without the first', (disk, [first = '']) => disk.remove([first])],
    [
      'with a torn file',
      async (disk, [, second = '']) => {
        const bytes = (await disk.read(second)) as Uint8Array;
        await disk.replace(second, bytes.subarray(0, bytes.length / 2));
      },
    ],
    ['with an empty file', (disk, [first = '']) => disk.replace(first, new Uint8Array())],
    [
      'with the files of another log of the same name',
      async (disk) => {
        const other = await built('x');
        for (const path of indexFiles(other)) {
          await disk.replace(path, (await other.read(path)) as Uint8Array);
        }
      },
    ],
  ])('%s it is made from the entries, and fsck says so before and not after', async (_, damage) => {
    const disk = await built();
    await damage(disk, indexFiles(disk));
    const before = (await fsck({ files: disk, row: disk.row() })).findings;
    if (indexFiles(disk).length > 0) expect(before).toMatchObject([{ code: 'index-damaged' }]);
    await mustBeExact(disk);
    expect((await fsck({ files: disk, row: disk.row() })).findings).toEqual([]);
    // The next flush writes what is missing, from where the files now end.
    const log = await openLog(optionsOn(disk));
    await log.appendBatch(Array.from({ length: 300 }, (__, i) => request(`after${i}`)));
    await log.settled();
    await log.close();
    const reopened = await openLog(optionsOn(disk.after('power')));
    expect(await reopened.append(request('after5'))).toMatchObject({ isDuplicate: true });
    expect(await reopened.append(request(FIRST))).toMatchObject({ index: 0, isDuplicate: true });
    await reopened.close();
    expect((await fsck({ files: disk, row: disk.row() })).findings).toEqual([]);
  });

  it('what was taken and restored answers as what was never away', () => {
    const entry = fc.record({
      id: fc.integer({ min: 0, max: 12 }).map((n) => hex(sha256(utf8(`${n}`)))),
      signer: fc.constantFrom('a', 'b', 'c'),
      keys: fc.array(fc.constantFrom('k1', 'k2', 'k3'), { maxLength: 2 }),
      isQuiet: fc.boolean(),
      isNotable: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), fc.array(fc.nat(40)), (entries, cuts) => {
        const source = new DedupeIndex();
        let size = 0;
        for (const each of entries) if (source.claim(each, size).kind === 'new') size++;
        const copy = new DedupeIndex();
        for (const cut of [...cuts, size].filter((n) => n <= size).toSorted((a, b) => a - b)) {
          if (cut > copy.kept) copy.restore(source.take(cut), cut);
        }
        expect(copy.askingSize(size)).toBe(source.askingSize(size));
        expect(copy.notable).toEqual(source.notable);
        for (const each of entries) expect(copy.claim(each, size)).toEqual(source.claim(each, size));
      }),
    );
  });
});
