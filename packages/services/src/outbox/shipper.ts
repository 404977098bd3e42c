/** Sends an outbox's entries to the log, in order, for as long as it takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outbox } from './outbox.ts';

/** What the shipper needs of a log. Sending an entry twice must be harmless. */
export interface EntrySink {
  /** Resolves when the entry is durable in the log; an error says why it is not. */
  append(entry: Uint8Array): Promise<unknown>;
  /** Resolves when all entries are durable in the log, in this order. All or none. */
  appendBatch(entries: readonly Uint8Array[]): Promise<unknown>;
}

/** How a shipper works. */
export interface ShipperOptions {
  readonly outbox: Outbox;
  readonly log: EntrySink;
  /**
   * Whether the log will never take this one entry, so that waiting is in vain. Such an entry is passed over and
   * reported; the others go on. Everything else is tried again for ever.
   */
  readonly isRefusal: (error: unknown) => boolean;
  /** Told of each failed try (`refused: false`) and each entry given up. */
  readonly onProblem: (problem: ShippingProblem) => void;
  /** Shortest and longest wait between tries, in milliseconds. */
  readonly backoffMs?: { readonly first: number; readonly most: number };
}

/** A try that failed. */
export interface ShippingProblem {
  readonly error: unknown;
  /** The entry that was given up, when one was. */
  readonly refused?: Uint8Array;
}

const BATCH_ENTRIES = 256;
const BATCH_BYTES = 1 << 20;
/** How long a batch that is not full waits for company, and how long after the one before it, in milliseconds. */
const LINGER_MS = 10;
const APART_MS = 50;
const BACKOFF = { first: 50, most: 5_000 };

/** The sending loop; one per outbox. */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #stop = new AbortController();
  #wake: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #limit = BATCH_ENTRIES;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(options: ShipperOptions) {
    this.#options = options;
    options.outbox.onUnsent(() => this.#wake());
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the loop; what is unsent stays in the outbox. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** Resolves true when everything is sent, false when that takes longer than `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    for (const deadline = performance.now() + timeoutMs; this.#options.outbox.unsentCount > 0;) {
      if (performance.now() >= deadline) return false;
      await sleep(5);
    }
    return true;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      if (this.#options.outbox.unsentCount === 0) await this.#somethingUnsent();
      // A batch costs the log a commit and a signature whatever is in it, and nobody waits for it: answers went out.
      if (this.#options.outbox.unsentCount < this.#limit) await this.#linger();
      if (this.#stop.signal.aborted) return;
      if (await this.#shipOnce()) failures = 0;
      else await this.#pause(failures++);
    }
  }

  /** Sends one batch; false when it should be tried again later. */
  async #shipOnce(): Promise<boolean> {
    const { outbox, log, isRefusal, onProblem } = this.#options;
    const batch = outbox.oldestUnsent(this.#limit, BATCH_BYTES);
    this.#sentAt = performance.now();
    try {
      // Alone, an entry is told what is wrong with it; in a batch the log only says which one stopped it.
      await (batch.length === 1 ? log.append(batch[0] as Uint8Array) : log.appendBatch(batch));
    } catch (error) {
      if (!isRefusal(error)) {
        onProblem({ error });
        return false;
      }
      // One of them is refused: sent one by one, the log says which.
      if (batch.length > 1) this.#limit = 1;
      else {
        onProblem({ error, refused: batch[0] as Uint8Array });
        outbox.markShipped(1);
      }
      return true;
    }
    outbox.markShipped(batch.length);
    this.#limit = Math.min(BATCH_ENTRIES, this.#limit * 2);
    return true;
  }

  #somethingUnsent(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (this.#options.outbox.unsentCount > 0 || this.#stop.signal.aborted) resolve();
    return promise;
  }

  /** What comes within a moment goes along: one append of the log for all of it. A busy outbox sends 20 times a second. */
  async #linger(): Promise<void> {
    const delay = Math.max(LINGER_MS, this.#sentAt + APART_MS - performance.now());
    await sleep(delay, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  async #pause(failures: number): Promise<void> {
    const { first, most } = this.#options.backoffMs ?? BACKOFF;
    const delay = Math.min(most, first * 2 ** Math.min(failures, 20));
    // Aborting ends the wait early; the loop sees the signal itself.
    await sleep(delay, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
