/** The client's own books of its payments. */
import { describe, expect, it } from 'vitest';
import { PaymentBook } from '../src/money/payment-book.ts';
import { FREE } from '../src/money/payment.ts';
import { memoryStore, type MoneyStore } from '../src/money/store.ts';

const payment = (n: number, at = Date.UTC(2026, 10, 25)) => ({
  ...FREE,
  receipt: n.toString(16).padStart(64, '0'),
  request: `request-${n}`,
  model: 'ed25519:00/scale',
  version: 'sha256:00',
  gateway: 'http://127.0.0.1:1',
  at: at + n,
});

async function filled(store: MoneyStore, count: number): Promise<PaymentBook> {
  const book = new PaymentBook(store);
  await Promise.all(Array.from({ length: count }, (_, n) => book.add(payment(n))));
  return book;
}

describe('payments of a client', () => {
  it('keeps every payment once, over any number of pages and days', async () => {
    const store = memoryStore();
    const book = await filled(store, 200);
    await book.add(payment(7));
    await book.add(payment(300, Date.UTC(2026, 10, 26)));
    expect(await book.list()).toHaveLength(201);
    expect((await book.list())[0]?.request).toBe('request-300');
    expect((await book.find('request-7'))?.receipt).toBe(payment(7).receipt);
  });

  it('goes on with what another client wrote to the same store', async () => {
    const store = memoryStore();
    const [one, other] = [await filled(store, 70), new PaymentBook(store)];
    await other.add(payment(70));
    await one.add(payment(70));
    await one.add(payment(71));
    await other.add(payment(3));
    expect(await other.list()).toHaveLength(72);
  });

  it('adds to a payment what became known later, and goes on writing behind it', async () => {
    const store = memoryStore();
    const book = await filled(store, 70);
    const alsoCharged = [{ gateway: 'ed25519:00', entry: 7, receipt: 'a'.repeat(64), amount: '5' }];
    for (const n of [3, 69]) await book.amend(payment(n).receipt, { alsoCharged });
    await book.add(payment(70));
    await book.add(payment(69));
    const all = await book.list();
    expect(all).toHaveLength(71);
    expect(all.filter((each) => each.alsoCharged !== undefined).map(({ request }) => request)).toEqual([
      'request-69',
      'request-3',
    ]);
  });

  it('reads books that hold a whole day on one page', async () => {
    const store = memoryStore();
    await store.set('payment-days', JSON.stringify(['2026-11-25']));
    const day = Array.from({ length: 100 }, (_, n) => payment(n));
    await store.set('payments 2026-11-25', JSON.stringify(day));
    const book = new PaymentBook(store);
    await book.add(payment(5));
    await book.add(payment(100));
    expect(await book.list()).toHaveLength(101);
  });

  it('writes no more for a payment after a thousand of them', async () => {
    const store = memoryStore();
    const book = await filled(store, 1_000);
    const written: number[] = [];
    const { set } = store;
    store.set = (key, value) => {
      written.push(value.length);
      return set(key, value);
    };
    for (let n = 1_000; n < 1_100; n++) await book.add(payment(n));
    expect(Math.max(...written)).toBeLessThan(64 * 500);
  });
});
