import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '@assay/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Item,
  openOutbox,
  type Outbox,
  type OutboxError,
  type RecordPlace,
} from '../../src/outbox/index.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assay-outbox-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface Opened {
  readonly outbox: Outbox;
  readonly found: { item: Item; place: RecordPlace }[];
}

function open(segmentBytes?: number): Opened {
  const found: Opened['found'] = [];
  const outbox = openOutbox({
    directory,
    onItem: (item, place) => found.push({ item: structuredClone(item), place }),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  return { outbox, found };
}

const close = (outbox: Outbox): Promise<void> => outbox[Symbol.asyncDispose]();
const entry = (text: string): Item => ({
  meta: { kind: 'test', text },
  entry: utf8(text),
  body: utf8(`body ${text}`),
});
const texts = (entries: readonly Uint8Array[]): string[] => entries.map(fromUtf8);
const segments = (): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.journal'))
    .map((name) => join(directory, name));

describe('the outbox keeps what was put, in order, over restarts', () => {
  it('gives back items with entry and body, and sends the unsent ones in the order in which they were put', async () => {
    const { outbox } = open();
    await Promise.all(['a', 'b', 'c'].map((text) => outbox.put(entry(text))));
    await outbox.put({ meta: { kind: 'note' } });
    expect(texts(outbox.oldestUnsent(10, 1_000))).toEqual(['a', 'b', 'c']);
    await close(outbox);
    const again = open();
    expect(again.found.map(({ item }) => item.meta)).toEqual([
      { kind: 'test', text: 'a' },
      { kind: 'test', text: 'b' },
      { kind: 'test', text: 'c' },
      { kind: 'note' },
    ]);
    const place = again.found[1]?.place as RecordPlace;
    expect(fromUtf8(again.outbox.read(place).body as Uint8Array)).toBe('body b');
    expect(texts(again.outbox.oldestUnsent(10, 1_000))).toEqual(['a', 'b', 'c']);
    await close(again.outbox);
  });

  it('an item that may wait shares the write of the next one, stands before it, and waits no longer than it may', async () => {
    const groups = (): number =>
      segments().reduce((sum, path) => sum + readFileSync(path, 'latin1').split('ASYGRP1').length - 1, 0);
    const { outbox } = open();
    const patient = outbox.put(entry('a'), 60_000);
    await outbox.put(entry('b'));
    await patient;
    expect(groups()).toBe(1);
    await outbox.put(entry('c'), 5);
    expect(groups()).toBe(2);
    const closing = outbox.put(entry('d'), 60_000);
    await close(outbox);
    await closing;
    const again = open();
    expect(again.found.map(({ item }) => item.meta['text'])).toEqual(['a', 'b', 'c', 'd']);
    await close(again.outbox);
  });

  it('what the log took is not sent again after an orderly stop', async () => {
    const { outbox } = open();
    for (const text of ['a', 'b', 'c']) await outbox.put(entry(text));
    outbox.markShipped(2);
    await close(outbox);
    const again = open();
    expect(texts(again.outbox.oldestUnsent(10, 1_000))).toEqual(['c']);
    expect(again.outbox.shippedCount).toBe(2);
    await close(again.outbox);
  });

  it('a batch is cut by count and by bytes, and holds one entry at least', async () => {
    const { outbox } = open();
    for (const text of ['aaaa', 'bbbb', 'cccc']) await outbox.put(entry(text));
    expect(texts(outbox.oldestUnsent(2, 1_000))).toEqual(['aaaa', 'bbbb']);
    expect(texts(outbox.oldestUnsent(10, 9))).toEqual(['aaaa', 'bbbb']);
    expect(texts(outbox.oldestUnsent(10, 1))).toEqual(['aaaa']);
    await close(outbox);
  });

  it('is one process’s alone', async () => {
    const { outbox } = open();
    expect(() => open()).toThrow(expect.objectContaining({ code: 'locked' }) as OutboxError);
    await close(outbox);
    await close(open().outbox);
  });

  it('after closing, nothing is taken', async () => {
    const { outbox } = open();
    await close(outbox);
    await expect(outbox.put(entry('late'))).rejects.toMatchObject({ code: 'closed' });
  });

  it('old segments can go once everything in them is sent; the rest is read as before', async () => {
    const { outbox } = open(100);
    for (const text of ['a', 'b', 'c', 'd']) await outbox.put(entry(text.repeat(100)));
    const later = Date.now() + 60_000;
    expect(outbox.dropBefore(later).size).toBe(0);
    outbox.markShipped(2);
    expect(outbox.dropBefore(0).size).toBe(0);
    expect(outbox.dropBefore(later).size).toBe(2);
    expect(outbox.dropBefore(later).size).toBe(0);
    await outbox.put(entry('e'));
    await close(outbox);
    const again = open(100);
    expect(again.found.map(({ item }) => (item.meta.text as string)[0])).toEqual(['c', 'd', 'e']);
    expect(texts(again.outbox.oldestUnsent(10, 1e6)).map((text) => text[0])).toEqual(['c', 'd', 'e']);
    expect(again.outbox.shippedCount).toBe(2);
    again.outbox.markShipped(3);
    again.outbox.dropBefore(later);
    await close(again.outbox);
    const last = open(100);
    expect(last.outbox.unsentCount).toBe(0);
    await last.outbox.put(entry('f'));
    expect(texts(last.outbox.oldestUnsent(10, 1e6))).toEqual(['f']);
    await close(last.outbox);
  });

  it('any sequence of puts, shipments and reopenings agrees with a plain list', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('put' as const), size: fc.integer({ min: 0, max: 300 }) }),
      fc.record({ do: fc.constant('ship' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ do: fc.constant('reopen' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        rmSync(directory, { recursive: true, force: true });
        // Segments this small make every run cross several of them.
        let { outbox } = open(400);
        const all: string[] = [];
        let shipped = 0;
        for (const [i, each] of steps.entries()) {
          if (each.do === 'put') {
            const text = `${i} ${'x'.repeat(each.size)}`;
            await outbox.put(entry(text));
            all.push(text);
          } else if (each.do === 'ship') {
            const count = Math.min(each.count, all.length - shipped);
            outbox.markShipped(count);
            shipped += count;
          } else {
            await close(outbox);
            const again = open(400);
            outbox = again.outbox;
            expect(again.found.map(({ item }) => item.meta.text)).toEqual(all);
          }
          expect(texts(outbox.oldestUnsent(100, 1e9))).toEqual(all.slice(shipped));
        }
        await close(outbox);
      }),
      { numRuns: 25 },
    );
  });
});

describe('a power cut at any byte', () => {
  it('leaves every item of the groups before it, and the next put goes on from there', async () => {
    const { outbox } = open();
    const ends: number[] = [];
    const [path] = segments() as [string];
    for (const text of ['a', 'b', 'c']) {
      await outbox.put(entry(text));
      ends.push(readFileSync(path).length);
    }
    await close(outbox);
    const whole = readFileSync(path);
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      const again = open();
      const complete = ends.filter((end) => end <= length).length;
      expect(again.found.map(({ item }) => item.meta.text)).toEqual(['a', 'b', 'c'].slice(0, complete));
      expect(again.outbox.tornBytes).toBe(length - (ends[complete - 1] ?? 0));
      await again.outbox.put(entry('next'));
      await close(again.outbox);
      const after = open();
      expect(after.found.at(-1)?.item.meta.text).toBe('next');
      await close(after.outbox);
    }
  });

  it('a tail of zeroes, as some file systems leave it, is cut off', async () => {
    const { outbox } = open();
    await outbox.put(entry('a'));
    await close(outbox);
    appendFileSync(segments()[0] as string, new Uint8Array(4_096));
    const again = open();
    expect(again.outbox.tornBytes).toBe(4_096);
    expect(again.found).toHaveLength(1);
    await close(again.outbox);
  });
});

describe('damage is told from a torn tail, and refused', () => {
  it('a flipped bit anywhere in a group that others follow', async () => {
    const { outbox } = open();
    for (const text of ['a', 'b']) await outbox.put(entry(text));
    const [path] = segments() as [string];
    const first = readFileSync(path).indexOf('ASYGRP1', 8);
    await close(outbox);
    const whole = readFileSync(path);
    for (let at = 0; at < first; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 0x10;
      writeFileSync(path, bytes);
      expect(() => open(), `byte ${at}`).toThrow(expect.objectContaining({ code: 'corrupt' }) as OutboxError);
    }
  });

  it('a finished segment that is cut short, and one that is missing', async () => {
    const { outbox } = open(100);
    for (const text of ['a', 'b', 'c']) await outbox.put(entry(text.repeat(100)));
    await close(outbox);
    const [first, second] = segments().toSorted() as [string, string];
    const whole = readFileSync(first);
    truncateSync(first, whole.length - 1);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'corrupt' }) as OutboxError);
    writeFileSync(first, whole);
    rmSync(second);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'corrupt' }) as OutboxError);
  });
});

describe('erasure: items are overwritten where they stand', () => {
  const secret = (n: number): Item => ({
    ...entry(`entry-${n}`),
    meta: { text: `entry-${n}`, salt: 'ab' },
    body: utf8(`secret-${n}-`.repeat(5)),
  });
  const erased = (item: Item): Item => ({
    ...item,
    meta: { ...item.meta, salt: '00' },
    body: new Uint8Array(item.body?.length ?? 0),
  });
  const onDisk = (): string =>
    readdirSync(directory)
      .map((name) => readFileSync(join(directory, name)).toString('latin1'))
      .join('');

  it('no file holds the old bytes, places and entries stay, while others are being put', async () => {
    const { outbox } = open(400);
    const places: RecordPlace[] = [];
    for (let n = 0; n < 12; n++) places.push(await outbox.put(secret(n)));
    const gone = [1, 6, 11];
    const changes = gone.map((n) => ({ place: places[n] as RecordPlace, item: erased(secret(n)) }));
    const puts: Promise<RecordPlace>[] = [];
    const putting = setInterval(() => puts.push(outbox.put(secret(100 + puts.length))), 1);
    await outbox.replace(changes);
    await outbox.replace(changes);
    clearInterval(putting);
    const later = await Promise.all(puts);
    for (const n of gone) expect(onDisk()).not.toContain(`secret-${n}-`);
    expect(onDisk()).toContain('secret-2-');
    expect(outbox.read(places[6] as RecordPlace).meta).toEqual({ text: 'entry-6', salt: '00' });
    expect(later.map((place) => outbox.read(place).meta.text)).toEqual(
      later.map((_, i) => `entry-${100 + i}`),
    );
    expect(outbox.oldestUnsent(100, 1e6).slice(0, 12).map(fromUtf8)).toEqual(
      places.map((_, n) => fromUtf8(secret(n).entry as Uint8Array)),
    );
    await close(outbox);
    const again = open(400);
    expect(again.found.slice(0, 12).map(({ item }) => item.meta.salt)).toEqual(
      places.map((_, n) => (gone.includes(n) ? '00' : 'ab')),
    );
    await close(again.outbox);
  });

  it('a damaged segment is refused, not sealed anew; what a crash left of a rewriting is deleted', async () => {
    const { outbox } = open();
    const place = await outbox.put(secret(0));
    const [path] = segments() as [string];
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(path, bytes);
    await expect(outbox.replace([{ place, item: erased(secret(0)) }])).rejects.toMatchObject({
      code: 'corrupt',
    });
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(path, bytes);
    await close(outbox);
    writeFileSync(`${path}.rewriting`, 'secret-half');
    const again = open();
    expect(again.found).toHaveLength(1);
    expect(onDisk()).not.toContain('secret-half');
    await close(again.outbox);
  });
});
