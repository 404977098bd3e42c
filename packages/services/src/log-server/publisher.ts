/**
 * The publish loop: has the newest tree cosigned and publishes it, at most once per interval.
 *
 * Only entries that ask for it start a round; one that is only a `checkpoint.cosigned` or a `view.root` does not, so an
 * idle log stays idle (PROTOCOL 3.1). Without a quorum the loop keeps trying and appends go on (PROTOCOL 4.3).
 */
import type { Policy } from '@assay/log';
import { collectCosignatures, type Log, type SizeHints, type WitnessFailure } from '@assay/log/node';
import { LogServerError } from './server-error.ts';

export interface PublisherOptions {
  readonly log: Log;
  /** Absent: checkpoints are published as the log signs them. */
  readonly policy?: Policy;
  /** Milliseconds from one round to the next. */
  readonly intervalMs: number;
  /** Milliseconds after which an idle log has its tree cosigned anew, so that readers see that it is still watched. */
  readonly refreshMs: number;
  /** Milliseconds that one witness may take. */
  readonly witnessTimeoutMs: number;
  /** Told of each newly published checkpoint that called for itself; not of refreshments. */
  readonly onWitnessed: (note: Uint8Array) => Promise<void>;
  /** Told of rounds without a quorum, and of failures. */
  readonly onTrouble: (trouble: {
    what: string;
    failures?: readonly WitnessFailure[];
    cause?: unknown;
  }) => void;
}

interface Waiter {
  readonly index: number;
  readonly resolve: (note: Uint8Array) => void;
}

/** Publishes the checkpoints of one log. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #hints: SizeHints = new Map();
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #publishedAt = performance.now();
  #published: { readonly size: number; readonly note: Uint8Array } | undefined;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { published } = options.log;
    this.#published = published === undefined ? undefined : { size: sizeOf(published), note: published };
  }

  /** Tree size of the published checkpoint; 0 before the first. */
  get publishedSize(): number {
    return this.#published?.size ?? 0;
  }

  /** Starts the loop. */
  start(): void {
    const next = (): void => {
      this.#running = this.#round().then(() => {
        if (!this.#stop.signal.aborted) this.#timer = setTimeout(next, this.#options.intervalMs);
      });
    };
    next();
  }

  /** Ends the loop, after the round that is under way. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the log server stops'));
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** The published checkpoint that covers `index`, as soon as there is one. @throws LogServerError `witness-timeout` */
  async covering(index: number, timeoutMs: number): Promise<Uint8Array> {
    if (this.#published !== undefined && index < this.#published.size) return this.#published.note;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const waiter = { index, resolve };
    const timer = setTimeout(() => reject(notWitnessed(index, timeoutMs)), timeoutMs);
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  async #round(): Promise<void> {
    const { log, onTrouble } = this.#options;
    try {
      if (log.failure !== undefined) return;
      const asked = log.needsPublication;
      if (!asked && !this.#isStale()) return;
      const note = await this.#cosigned();
      if (note === undefined) return;
      await log.publish(note);
      this.#publishedAt = performance.now();
      this.#release(note);
      if (asked) await this.#options.onWitnessed(note);
    } catch (cause) {
      onTrouble({ what: 'publishing failed', cause });
    }
  }

  /** Whether nothing was published for long; there must have been something, an empty log has nothing to say. */
  #isStale(): boolean {
    return this.#published !== undefined && performance.now() - this.#publishedAt >= this.#options.refreshMs;
  }

  async #cosigned(): Promise<Uint8Array | undefined> {
    const { log, policy, witnessTimeoutMs, onTrouble } = this.#options;
    const { size, note } = log.signForPublication();
    if (policy === undefined) return note;
    const collected = await collectCosignatures(policy, {
      checkpoint: note,
      proofFrom: (oldSize) => log.consistency(oldSize, size),
      hints: this.#hints,
      timeoutMs: witnessTimeoutMs,
      signal: this.#stop.signal,
    });
    if (collected.met) return collected.note;
    const what = `no quorum at size ${size}: cosigned by ${collected.cosigned.join(', ') || 'nobody'}`;
    onTrouble({ what, failures: collected.failures });
    return undefined;
  }

  #release(note: Uint8Array): void {
    this.#published = { size: sizeOf(note), note };
    for (const waiter of this.#waiters) if (waiter.index < this.#published.size) waiter.resolve(note);
  }
}

/** The size in a note of ours, which has been verified. */
const sizeOf = (note: Uint8Array): number => Number(new TextDecoder().decode(note).split('\n', 2)[1]);

function notWitnessed(index: number, timeoutMs: number): LogServerError {
  return new LogServerError('witness-timeout', {
    what: `entry ${index} is logged; no quorum of witnesses has seen it within ${timeoutMs} ms`,
    fix: `Ask for /proof/${index}?wait=witnessed later; sending the entry again is safe.`,
  });
}
