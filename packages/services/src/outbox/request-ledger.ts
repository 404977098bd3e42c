/** Which requests were answered and with what, so that a retry gets the same bytes and is run once (PROTOCOL 5.3). */
import type { RecordPlace } from './journal.ts';

/** Stands for the hash of a request whose content was erased: it would let a short one be guessed. */
export const ERASED_HASH = '0'.repeat(64);

/** A request by its key and the hash of what it asks. */
export interface RequestIdentity {
  readonly key: string;
  /** Hex SHA-256 of the request bytes. */
  readonly hash: string;
}

/** An answer that is durable. */
export interface Answered extends RequestIdentity {
  readonly receiptId: string;
  readonly place: RecordPlace;
}

type Known<T> =
  | { readonly state: 'running'; readonly hash: string; readonly answer: Promise<T> }
  | { readonly state: 'answered'; readonly answered: Answered };

/** How a ledger speaks to its owner. */
export interface LedgerOptions<T> {
  /** Reads a durable answer back; throws when it was erased. */
  readonly load: (answered: Answered) => T;
  /** The error for a key that comes again with another hash. */
  readonly reused: (identity: RequestIdentity) => Error;
}

/** Requests by key. Answers stay on disk; here stands only where. */
export class RequestLedger<T> {
  readonly #options: LedgerOptions<T>;
  readonly #requests = new Map<string, Known<T>>();
  readonly #receipts = new Map<string, Answered>();

  constructor(options: LedgerOptions<T>) {
    this.#options = options;
  }

  /** Notes a durable answer, now or when found on disk. */
  add(answered: Answered): void {
    this.#requests.set(answered.key, { state: 'answered', answered });
    this.#receipts.set(answered.receiptId, answered);
  }

  /** Forgets the answers whose bytes went with these segments. A retry of theirs is a new request. */
  forget(segments: ReadonlySet<number>): void {
    if (segments.size === 0) return;
    for (const [id, { key, place }] of this.#receipts) {
      if (!segments.has(place.segment)) continue;
      this.#receipts.delete(id);
      this.#requests.delete(key);
    }
  }

  byReceipt(id: string): Answered | undefined {
    return this.#receipts.get(id);
  }

  /** The durable answer to exactly this request, if there is one. */
  answered({ key, hash }: RequestIdentity): Answered | undefined {
    const known = this.#requests.get(key);
    return known?.state === 'answered' && known.answered.hash === hash ? known.answered : undefined;
  }

  /**
   * The answer to a request: the one given before, the one being worked on, or that of `work`. `work` must `add` its
   * answer once that is durable; when it fails, the request may be tried again.
   */
  async once(identity: RequestIdentity, work: () => Promise<T>): Promise<T> {
    const known = this.#requests.get(identity.key);
    if (known === undefined) return this.#begin(identity, work);
    const hash = known.state === 'running' ? known.hash : known.answered.hash;
    if (hash !== identity.hash && hash !== ERASED_HASH) throw this.#options.reused(identity);
    return known.state === 'running' ? known.answer : this.#options.load(known.answered);
  }

  #begin({ key, hash }: RequestIdentity, work: () => Promise<T>): Promise<T> {
    const answer = work();
    this.#requests.set(key, { state: 'running', hash, answer });
    answer.catch(() => {
      if (this.#requests.get(key)?.state === 'running') this.#requests.delete(key);
    });
    return answer;
  }
}
