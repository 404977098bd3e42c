/** A node's word for what it can serve: leased before the first answer, renewed in time, drained after the last. */
import {
  type Clock,
  type Entropy,
  freshId,
  sealStatement,
  type Signer,
  signStatement,
  unixSeconds,
} from '@assay/core';
import type { Item } from '../outbox/index.ts';
import type { StreamHead } from './receipt-stream.ts';

/** What a lease keeper works with. */
export interface LeaseKeeperOptions {
  readonly signer: Signer;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly leaseSeconds: number;
  /** How long a version that only pins asked for stays leased without a request, in seconds. */
  readonly idleSeconds: number;
  /** The newest receipt, stated in each lease and drain. */
  readonly head: () => StreamHead;
  /** Makes a statement durable; statements given in one order reach the log in that order. */
  readonly put: (item: Item) => Promise<unknown>;
  /** Makes sure that the version can run. @throws whatever stands in the way */
  readonly prepare: (version: string) => Promise<void>;
  /** Whether the owner closed this lease over our head (`lease.lapse`). */
  readonly isLapsed: (lease: string) => boolean;
  /** Whether the owner withdrew the version, so that not even pins need it. */
  readonly isWithdrawn: (version: string) => boolean;
  /** Told when a version leaves, so that its session can be closed. */
  readonly onDrained: (version: string) => void;
  /** Told of a drain after a request that could not be made durable. */
  readonly onFailure: (error: unknown) => void;
}

interface Held {
  /** Record id of the statement that opened the lease; settles once that is durable. */
  readonly leased: Promise<string>;
  /** The same id, once it is known. */
  lease?: string;
  expires: number;
  inFlight: number;
  /** A channel announced it while it was held: it goes as soon as none does any more. */
  announced: boolean;
  /** To be drained once nothing is in flight. */
  leaving: boolean;
  lastUsed: number;
}

/** What the node's state page shows of a lease. */
export interface LeaseState {
  readonly version: string;
  /** Unix seconds. */
  readonly expires: number;
  readonly inFlight: number;
  readonly announced: boolean;
}

/** The leases of one process. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  get state(): readonly LeaseState[] {
    return [...this.#held].map(([version, { expires, inFlight, announced }]) => ({
      version,
      expires,
      inFlight,
      announced,
    }));
  }

  /** Takes over a lease that an earlier process of this node opened and did not close. */
  adopt({ id, version, expires }: { id: string; version: string; expires: number }): void {
    const leased = Promise.resolve(id);
    const held = { leased, lease: id, expires, inFlight: 0, announced: true, leaving: false, lastUsed: 0 };
    this.#held.set(version, held);
  }

  /** Holds a version for one request, leasing it first where needed. Disposing says that the request is finished. */
  async hold(version: string): Promise<Disposable> {
    const held = this.#held.get(version) ?? this.#open(version, false);
    // Counted before waiting, so that nothing drains it in between.
    held.inFlight += 1;
    const done = { [Symbol.dispose]: () => this.#finished(version, held) };
    try {
      await held.leased;
      if (held.expires <= this.#now()) await this.#renew(version, held);
      return done;
    } catch (error) {
      done[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Brings the leases in line with what the served channels announce: leases what is new, renews what is half spent,
   * drains what nobody announces and no request holds. Resolves when that is durable, with the versions it could not
   * lease and why.
   */
  async tend(announced: ReadonlySet<string>): Promise<ReadonlyMap<string, unknown>> {
    const failures = new Map<string, unknown>();
    this.#dropLapsed();
    const opening = [...announced].map(async (version) => {
      const held = this.#held.get(version) ?? this.#open(version, true);
      held.announced = true;
      await held.leased.catch((error: unknown) => failures.set(version, error));
    });
    const closing = [...this.#held].map(([version, held]) =>
      this.#tendOne(version, held, announced.has(version)),
    );
    await Promise.all([...opening, ...closing]);
    return failures;
  }

  /** Drains everything that no request holds: the process is about to stop. */
  async drainAll(): Promise<void> {
    await Promise.all([...this.#held].map(([version, held]) => this.#drain(version, held)));
  }

  #open(version: string, announced: boolean): Held {
    const leased = this.#options.prepare(version).then(() => this.#lease(version));
    const expires = this.#now() + this.#options.leaseSeconds;
    const held: Held = { leased, expires, inFlight: 0, announced, leaving: false, lastUsed: this.#now() };
    this.#held.set(version, held);
    leased.then(
      (id) => {
        held.lease = id;
      },
      () => this.#held.delete(version),
    );
    return held;
  }

  /** A lease that the owner closed covers nothing any more; the next request or announcement opens another. */
  #dropLapsed(): void {
    for (const [version, { lease }] of this.#held) {
      if (lease !== undefined && this.#options.isLapsed(lease)) this.#held.delete(version);
    }
  }

  async #tendOne(version: string, held: Held, announced: boolean): Promise<void> {
    const { leaseSeconds, idleSeconds } = this.#options;
    const idle = this.#now() - held.lastUsed > idleSeconds;
    held.leaving = !announced && (held.announced || idle || this.#options.isWithdrawn(version));
    if (held.leaving) return this.#drain(version, held);
    if (held.expires - this.#now() < leaseSeconds / 2) await this.#renew(version, held);
    return undefined;
  }

  async #renew(version: string, held: Held): Promise<void> {
    await held.leased;
    held.expires = this.#now() + this.#options.leaseSeconds;
    await this.#lease(version);
  }

  async #lease(version: string): Promise<string> {
    const { leaseSeconds, entropy, signer, head, put } = this.#options;
    const expires = this.#now() + leaseSeconds;
    const predicate = { version, expires, nonce: freshId(entropy), ...head() };
    const { id, entry } = sealStatement('serve.lease', predicate, signer);
    await put({ meta: { kind: 'lease', version }, entry });
    return id;
  }

  /** The last request of the version is durable when nothing is in flight, so the head stated here covers it. */
  async #drain(version: string, held: Held): Promise<void> {
    const lease = await held.leased;
    if (held.inFlight > 0 || this.#held.get(version) !== held) return;
    // From here to `put` nothing waits, so no new lease of the version can come between.
    this.#held.delete(version);
    const { signer, head, put, onDrained } = this.#options;
    const entry = signStatement('serve.drain', { version, lease, ...head() }, signer);
    await put({ meta: { kind: 'drain', version }, entry });
    onDrained(version);
  }

  #finished(version: string, held: Held): void {
    held.inFlight -= 1;
    held.lastUsed = this.#now();
    if (held.inFlight > 0 || !held.leaving) return;
    this.#drain(version, held).catch(this.#options.onFailure);
  }

  #now(): number {
    return unixSeconds(this.#options.clock);
  }
}
