/** One node as the client experiences it: how fast it answers, how much it is given at once, whether it is spoken to. */
import { NodeError } from '../errors.ts';
import type { CallOptions, Clock, Random, StorageNode } from './ports.ts';

/** Why a node is not spoken to at the moment; `ready` when it is. */
export type LaneState = 'ready' | 'stalled' | 'unreachable' | 'full' | 'refusing' | 'distrusted';

/** A call made no progress for longer than this node's own history allows. */
export class Stalled extends Error {
  override readonly name = 'Stalled';
}

const LEAST_STALL_MS = 250;
const FIRST_STALL_MS = 2_000;
const FIRST_HEDGE_MS = 150;
const SAMPLES = 64;
const STALLS_TO_BREAK = 2;

export interface LaneOptions {
  readonly node: StorageNode;
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the node whether it is back; the lane opens when this resolves. */
  readonly probe: (lane: Lane) => Promise<void>;
  readonly onState: (lane: Lane) => void;
  /** Ends all probing. */
  readonly signal: AbortSignal;
}

export class Lane {
  readonly node: StorageNode;
  readonly #options: LaneOptions;
  readonly #latencies: number[] = [];
  readonly #waiting: (() => void)[] = [];
  #state: LaneState = 'ready';
  #stalls = 0;
  #window = 4;
  #running = 0;
  #outages = 0;

  constructor(options: LaneOptions) {
    this.node = options.node;
    this.#options = options;
  }

  get state(): LaneState {
    return this.#state;
  }

  get ready(): boolean {
    return this.#state === 'ready';
  }

  /** Milliseconds without a byte after which a call counts as stalled: three times the slowest twentieth. */
  get stallLimit(): number {
    if (this.#latencies.length === 0) return FIRST_STALL_MS;
    return Math.max(LEAST_STALL_MS, 3 * this.percentile(0.95));
  }

  /** Milliseconds after which a reader asks others as well: twice the slowest twentieth, or little while unknown. */
  get hedgeAfter(): number {
    if (!this.ready) return 0;
    return this.#latencies.length === 0 ? FIRST_HEDGE_MS : 2 * this.percentile(0.95) + 20;
  }

  /** A quantile of recent latencies, in milliseconds; the first stall limit while there are none. */
  percentile(share: number): number {
    const sorted = [...this.#latencies].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? FIRST_STALL_MS;
  }

  /**
   * Makes one call within the node's window, and gives up when it stalls.
   * @throws Stalled, or what the node answered
   */
  async call<T>(
    make: (node: StorageNode, options: CallOptions) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    await this.#enter();
    const started = this.#options.clock.now();
    try {
      const value = await this.#watched(make, signal);
      this.#succeeded(this.#options.clock.now() - started);
      return value;
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      throw error;
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Stops speaking to the node for good: what it signed is not true. */
  distrust(): void {
    this.#shut('distrusted');
  }

  async #enter(): Promise<void> {
    while (this.#running >= this.#window) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      // What queued behind a call that never came back need not find that out for itself.
      if (!this.ready) {
        this.#waiting.shift()?.();
        throw new NodeError('unreachable', { what: `the node is ${this.#state}` });
      }
    }
    this.#running++;
  }

  async #watched<T>(
    make: (node: StorageNode, options: CallOptions) => Promise<T>,
    outer: AbortSignal,
  ): Promise<T> {
    const { clock } = this.#options;
    const inner = new AbortController();
    const stop = (): void => inner.abort();
    outer.addEventListener('abort', stop, { once: true });
    let last = clock.now();
    const limit = this.stallLimit;
    const stalled = async (): Promise<never> => {
      while (!inner.signal.aborted) {
        const left = last + limit - clock.now();
        if (left <= 0) break;
        const due = clock.now() + left;
        await clock.sleep(left, inner.signal);
        // Time in which this process itself did not run is not held against the node.
        last += Math.max(0, clock.now() - due);
      }
      throw new Stalled(`no byte moved for ${limit} ms`);
    };
    const call = make(this.node, { signal: inner.signal, onBytes: () => void (last = clock.now()) });
    // The loser's rejection is expected: an aborted call rejects after the race is over.
    call.catch(() => undefined);
    try {
      return await Promise.race([call, stalled()]);
    } finally {
      inner.abort();
      outer.removeEventListener('abort', stop);
    }
  }

  #succeeded(ms: number): void {
    this.#stalls = 0;
    this.#outages = 0;
    this.#latencies.push(ms);
    if (this.#latencies.length > SAMPLES) this.#latencies.shift();
    this.#window = Math.min(16, this.#window + 1 / this.#window);
  }

  #failed(error: unknown): void {
    if (error instanceof Stalled) {
      this.#window = Math.max(1, this.#window / 2);
      if (++this.#stalls >= STALLS_TO_BREAK) this.#shut('stalled');
    } else if (error instanceof NodeError) {
      if (error.code === 'unreachable' || error.code === 'stopped') this.#shut('unreachable');
      else if (error.code === 'disk-full' || error.code === 'quota') this.#shut('full');
      else if (error.code === 'unauthorised' || error.code === 'bad-request') this.#shut('refusing');
    }
  }

  #shut(state: LaneState): void {
    if (this.#state !== 'ready' && state !== 'distrusted') return;
    this.#state = state;
    this.#options.onState(this);
    // A full or refusing node said so: it is asked again like one that is gone, only later.
    if (state !== 'distrusted')
      void this.#probeUntilBack(state === 'full' || state === 'refusing' ? 30_000 : 100);
  }

  async #probeUntilBack(first: number): Promise<void> {
    const { clock, random, probe, signal, onState } = this.#options;
    for (
      let wait = first * 2 ** Math.min(this.#outages++, 6);
      !signal.aborted;
      wait = Math.min(wait * 2, 30_000)
    ) {
      // Full jitter over the upper half: clients that lost one node together do not come back together.
      await clock.sleep(wait * (0.5 + random() / 2), signal);
      if (signal.aborted || this.#state === 'distrusted') return;
      if (await this.#answers(probe)) break;
    }
    if (signal.aborted || this.#state === 'distrusted') return;
    this.#state = 'ready';
    this.#stalls = 0;
    onState(this);
  }

  async #answers(probe: (lane: Lane) => Promise<void>): Promise<boolean> {
    try {
      await probe(this);
      return true;
    } catch (error) {
      if (error instanceof Stalled || error instanceof NodeError) return false;
      throw error;
    }
  }
}
