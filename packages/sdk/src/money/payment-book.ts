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

/** Names of the pages, oldest first: a day, and `<day> <n>` once its first page is full. */
const PAGES = 'payment-days';
const PAGE_PAYMENTS = 64;
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The page that is being written, as this book left it in the store. */
interface Page {
  readonly name: string;
  readonly text: string;
  readonly count: number;
}

/** The books. */
export class PaymentBook {
  readonly #store: MoneyStore;
  /** Additions follow each other, so that none overwrites another. */
  #turn: Promise<unknown> = Promise.resolve();
  #page: Page = { name: '', text: '', count: 0 };
  /** Receipts of the day that is being written. */
  #receipts = new Set<string>();
  #day = '';

  constructor(store: MoneyStore) {
    this.#store = store;
  }

  /** Adds a payment; the same receipt again changes nothing. */
  add(payment: BookedPayment): Promise<void> {
    const added = this.#turn.then(() => this.#add(payment));
    this.#turn = added.catch(() => undefined);
    return added;
  }

  /** Adds to a payment what became known of it later. */
  amend(receipt: string, more: Pick<BookedPayment, 'alsoCharged'>): Promise<void> {
    const amended = this.#turn.then(() => this.#amend(receipt, more));
    this.#turn = amended.catch(() => undefined);
    return amended;
  }

  /** Payments, newest first. */
  async list({ model, version, from = 0, to = Infinity }: PaymentFilter = {}): Promise<BookedPayment[]> {
    const found: BookedPayment[] = [];
    for (const day of await this.#read<string>(PAGES)) {
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

  /** What a payment costs here must not grow with how many there were. */
  async #add(payment: BookedPayment): Promise<void> {
    const day = dayOf(payment.at);
    await this.#turnTo(day);
    if (this.#receipts.has(payment.receipt)) return;
    if (this.#page.count >= PAGE_PAYMENTS) await this.#begin(day);
    const { name, text, count } = this.#page;
    const behind = count === 0 ? '[' : `${text.slice(0, -1)},`;
    this.#page = { name, text: `${behind}${JSON.stringify(payment)}]`, count: count + 1 };
    this.#receipts.add(payment.receipt);
    await this.#store.set(`payments ${name}`, this.#page.text);
  }

  async #amend(receipt: string, more: Pick<BookedPayment, 'alsoCharged'>): Promise<void> {
    for (const name of await this.#read<string>(PAGES)) {
      const payments = await this.#read<BookedPayment>(`payments ${name}`);
      if (!payments.some((payment) => payment.receipt === receipt)) continue;
      const text = JSON.stringify(
        payments.map((each) => (each.receipt === receipt ? { ...each, ...more } : each)),
      );
      // The page that is being written is read again before it is written to, since its text is another now.
      await this.#store.set(`payments ${name}`, text);
    }
  }

  /** Opens the newest page of a day, unless it is open and as this book left it: another client may share the store. */
  async #turnTo(day: string): Promise<void> {
    const isOurs =
      day === this.#day && (await this.#store.get(`payments ${this.#page.name}`)) === this.#page.text;
    if (isOurs) return;
    const names = (await this.#read<string>(PAGES)).filter((name) => name.startsWith(day));
    this.#day = day;
    this.#receipts = new Set();
    for (const name of names) {
      const payments = await this.#read<BookedPayment>(`payments ${name}`);
      for (const { receipt } of payments) this.#receipts.add(receipt);
      this.#page = { name, text: JSON.stringify(payments), count: payments.length };
    }
    if (names.length === 0) await this.#begin(day);
  }

  /** A crash after it leaves an empty page, which is written to next. */
  async #begin(day: string): Promise<void> {
    const names = await this.#read<string>(PAGES);
    const count = names.filter((name) => name.startsWith(day)).length;
    this.#page = { name: count === 0 ? day : `${day} ${count}`, text: '', count: 0 };
    await this.#store.set(PAGES, JSON.stringify([...names, this.#page.name]));
  }

  async #read<T>(key: string): Promise<T[]> {
    const text = await this.#store.get(key);
    return text === undefined ? [] : (JSON.parse(text) as T[]);
  }
}
