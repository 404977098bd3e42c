/** What a client keeps of its orders: bounded, findable, and never pushed out by what went well. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Evidence, EVIDENCE_KEPT, EvidenceBook, type EvidenceState } from '../src/money/evidence.ts';
import { memoryStore, type MoneyStore } from '../src/money/store.ts';
import { FileStore } from '../src/node/index.ts';

const WRITER = fileURLToPath(new URL('support/store-writer.ts', import.meta.url));

let dir: string;
let files = 0;
beforeAll(() => (dir = mkdtempSync(join(tmpdir(), 'assay-evidence-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const fresh = (): string => join(dir, `${files++}.book`);

const STORES: [name: string, make: () => MoneyStore][] = [
  ['in memory', memoryStore],
  ['in a file', () => new FileStore(fresh())],
];

const word = (n: number): string => n.toString(16).padStart(64, '0');
const madeOf = (n: number, state: EvidenceState): Evidence => ({
  state,
  request: `request ${n}`,
  model: 'someone/scale',
  gateway: 'http://127.0.0.1:1',
  at: 1_790_000_000_000 + n,
  ordered: {
    network: 'eip155:31337',
    vault: `0x${'1'.repeat(40)}`,
    hash: word(n),
    order: {
      paymentChannel: `0x${word(1)}`,
      requestId: `request ${n}`,
      requestHash: `0x${word(2)}`,
      channel: '',
      target: `0x${word(3)}`,
      priceBook: `0x${word(4)}`,
      maxAmount: '100',
      deadline: '1790000900',
      signature: `0x${'5'.repeat(130)}`,
      by: `0x${'6'.repeat(40)}`,
    },
    voucher: { channelId: `0x${word(1)}`, maxClaimableAmount: '100', signature: `0x${'7'.repeat(130)}` },
  },
  ...(state === 'sent' || state === 'declined' ? {} : { receipt: { id: word(900_000 + n), entry: '' } }),
});

describe.each(STORES)('a store %s', (_, make) => {
  it('holds texts by key, forgets what is deleted, and lists keys by their beginning', async () => {
    const store = make();
    for (const key of ['a 2', 'a 1', 'b', 'ä %_', 'a']) await store.set(key, `of ${key}`);
    await store.set('a 1', 'again');
    expect([await store.get('a 1'), await store.get('none')]).toEqual(['again', undefined]);
    expect(await store.keys('a ')).toEqual(['a 1', 'a 2']);
    expect(await store.keys('ä %')).toEqual(['ä %_']);
    await store.delete('a 1');
    await store.delete('a 1');
    expect([await store.get('a 1'), await store.keys('a ')]).toEqual([undefined, ['a 2']]);
  });
});

describe.each(STORES)('evidence %s', (_, make) => {
  it('is found by request, order, receipt and the beginning of that; an order that ended is open no more', async () => {
    const book = new EvidenceBook(make());
    await book.keep(madeOf(1, 'sent'));
    expect(await book.find('request 1')).toMatchObject({ state: 'sent' });
    await book.keep(madeOf(1, 'refused'));
    await book.keep(madeOf(2, 'sent'));
    for (const id of ['request 1', word(1), word(900_001), word(900_001).slice(0, 63)])
      expect(await book.find(id), id).toMatchObject({ state: 'refused', request: 'request 1' });
    expect(await book.find('request')).toBeUndefined();
    expect((await book.list('sent')).map(({ request }) => request)).toEqual(['request 2']);
    expect((await book.list()).map(({ request }) => request)).toEqual(['request 2', 'request 1']);
  });

  it('is bounded, the newest kept; answers that hold push out none that was refused, nor an order whose end is not known', async () => {
    const store = make();
    const book = new EvidenceBook(store);
    await book.keep(madeOf(0, 'refused'));
    await book.keep(madeOf(1, 'sent'));
    const many = EVIDENCE_KEPT.closed + 20;
    for (let n = 2; n < many + 2; n++) {
      await book.keep(madeOf(n, 'sent'));
      await book.keep(madeOf(n, 'answered'));
    }
    // Another process's book over the same store keeps to the same bound.
    await new EvidenceBook(store).keep(madeOf(many + 2, 'answered'));
    const held = await book.list('answered');
    expect([held.length, held[0]?.request]).toEqual([EVIDENCE_KEPT.closed, `request ${many + 2}`]);
    expect(await book.find('request 0')).toMatchObject({ state: 'refused' });
    expect(await book.find('request 1')).toMatchObject({ state: 'sent' });
    expect(await book.find('request 2')).toBeUndefined();
  });
});

describe('a store in a file', () => {
  it('is its owner’s alone, takes over what an earlier build kept as JSON, and that only once', async () => {
    const [path, before] = [fresh(), join(dir, 'before.json')];
    writeFileSync(before, JSON.stringify({ spent: '1', 'channel 0x1': '2' }));
    const store = new FileStore(path, { before });
    expect([await store.get('spent'), await store.keys('')]).toEqual(['1', ['channel 0x1', 'spent']]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await store.set('spent', '3');
    expect(await new FileStore(path, { before }).get('spent')).toBe('3');
  });

  it('keeps every text that two processes at once say they kept, when both are killed', async () => {
    const path = fresh();
    const said: string[] = [];
    const writers = ['one', 'two'].map((name) => {
      const child = spawn(process.execPath, [WRITER, path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
      createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
      return child;
    });
    const each = (name: string): number => said.filter((line) => line.startsWith(name)).length;
    while (each('one') < 20 || each('two') < 20) await new Promise((resolve) => setTimeout(resolve, 10));
    const closed = writers.map((child) => once(child, 'close'));
    for (const child of writers) child.kill('SIGKILL');
    await Promise.all(closed);
    const store = new FileStore(path);
    for (const line of said) expect(await store.get(line), line).toBe(`text ${line.split(' ')[1]}`);
  }, 120_000);
});
