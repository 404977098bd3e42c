/** The client's own books: every payment it made, by day, in its store. */
import type { BookedPayment } from './payment.ts';
import type { MoneyStore } from './store.ts';

/** Which payments are meant; everything that is absent is not asked. */
export interface PaymentFilter {
  /** Full or short name. */
  readonly model?: string;
  /** Digest of a version. */
  readonly version?: string;
  /** Unix milliseconds, the first included and the second not. */
  readonly from?: number;
  readonly to?: number;
}

const DAYS = 'payment-days';
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The books. */
export class PaymentBook {
  readonly #store: MoneyStore;
  /** Additions follow each other, so that none overwrites another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: MoneyStore) {
    this.#store = store;
  }

  /** Adds a payment; the same receipt again changes nothing. */
  add(payment: BookedPayment): Promise<void> {
    const added = this.#turn.then(() => this.#add(payment));
    this.#turn = added.catch(() => undefined);
    return added;
  }

  /** Payments, newest first. */
  async list({ model, version, from = 0, to = Infinity }: PaymentFilter = {}): Promise<BookedPayment[]> {
    const found: BookedPayment[] = [];
    for (const day of await this.#read<string>(DAYS)) {
      for (const payment of await this.#read<BookedPayment>(`payments ${day}`)) {
        const isModel = model === undefined || payment.model === model || payment.model.endsWith(`/${model}`);
        const isVersion = version === undefined || payment.version === version;
        if (isModel && isVersion && payment.at >= from && payment.at < to) found.push(payment);
      }
    }
    return found.toSorted((a, b) => b.at - a.at);
  }

  /** The payment of a receipt, named by its id or the beginning of it, or by its request id. */
  async find(id: string): Promise<BookedPayment | undefined> {
    const all = await this.list();
    return all.find(({ receipt, request }) => receipt === id || request === id || receipt.startsWith(id));
  }

  async #add(payment: BookedPayment): Promise<void> {
    const day = dayOf(payment.at);
    const days = await this.#read<string>(DAYS);
    const payments = await this.#read<BookedPayment>(`payments ${day}`);
    if (payments.some(({ receipt }) => receipt === payment.receipt)) return;
    await this.#store.set(`payments ${day}`, JSON.stringify([...payments, payment]));
    if (!days.includes(day)) await this.#store.set(DAYS, JSON.stringify([...days, day]));
  }

  async #read<T>(key: string): Promise<T[]> {
    const text = await this.#store.get(key);
    return text === undefined ? [] : (JSON.parse(text) as T[]);
  }
}
