/** One node as the client experiences it: how fast it answers, how much it is given at once, whether it is spoken to. */
import { NodeError } from '../errors.ts';
import { type CallKind, Latencies } from './latencies.ts';
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
const STALLS_TO_BREAK = 2;
/** How much longer a call may be silent while every other node that was asked something is silent too. */
const PATIENCE_WITH_ALL = 4;

export interface LaneOptions {
  readonly node: StorageNode;
  readonly clock: Clock;
  readonly random: Random;
  /** Asks the node whether it is back; the lane opens when this resolves. */
  readonly probe: (lane: Lane) => Promise<void>;
  readonly onState: (lane: Lane) => void;
  /** Every lane of the same client: what all of them do at once is not one node's doing. */
  readonly all: () => Iterable<Lane>;
  /** Ends all probing. */
  readonly signal: AbortSignal;
}

/** A call on its way. */
interface Call {
  readonly kind: CallKind;
  /** When a byte last moved. */
  moved: number;
}

export class Lane {
  readonly node: StorageNode;
  readonly #options: LaneOptions;
  readonly #latencies = new Latencies();
  readonly #calls = new Set<Call>();
  readonly #waiting = new Set<() => void>();
  #state: LaneState = 'ready';
  #answered = false;
  #stalls = 0;
  #window = 4;
  /** Calls within the window, counted from the moment they may begin. */
  #entered = 0;
  #outages = 0;
  /** Counts openings and closings: whoever waits for the node to come back sees by it that the wait is over. */
  #turns = 0;

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

  /** Whether the node is likely to answer soon: it has answered, most lately too, and nothing it was asked is overdue. */
  get prompt(): boolean {
    return this.ready && this.#answered && this.#stalls === 0 && !this.overdue;
  }

  /** Whether a call to it has been silent for longer than its history, or that of the others, leads one to expect. */
  get overdue(): boolean {
    return [...this.#calls].some((call) => this.#isOverdue(call));
  }

  #isOverdue({ kind, moved }: Call): boolean {
    return this.#options.clock.now() - moved > this.hedgeAfter(kind);
  }

  /** Milliseconds without a byte after which a call counts as stalled: three times the slowest twentieth. */
  stallLimit(kind: CallKind): number {
    const slowest = this.#latencies.percentile(kind, 0.95);
    return slowest === undefined ? FIRST_STALL_MS : Math.max(LEAST_STALL_MS, 3 * slowest);
  }

  /** Milliseconds after which others are asked as well: twice the slowest twentieth, its own or at first the others'. */
  hedgeAfter(kind: CallKind): number {
    const own = this.#latencies.percentile(kind, 0.95);
    if (own !== undefined) return 2 * own + 20;
    const others = [...this.#options.all()].map((lane) => lane.latency(kind, 0.95) ?? NaN);
    const slowest = Math.max(...others.filter((ms) => !Number.isNaN(ms)));
    return Number.isFinite(slowest) ? 2 * slowest + 20 : FIRST_HEDGE_MS;
  }

  /** A quantile of the node's recent latencies in milliseconds; undefined while there are none. */
  latency(kind: CallKind, share: number): number | undefined {
    return this.#latencies.percentile(kind, share);
  }

  /** Milliseconds for which nothing moved although something was asked; undefined when nothing is. */
  get silence(): number | undefined {
    if (this.#calls.size === 0) return undefined;
    return this.#options.clock.now() - Math.max(...[...this.#calls].map(({ moved }) => moved));
  }

  /**
   * Makes one call within the node's window, and gives up when it stalls.
   * @throws Stalled, or what the node answered
   */
  async call<T>(
    make: (node: StorageNode, options: CallOptions) => Promise<T>,
    signal: AbortSignal,
    kind: CallKind = 'small',
  ): Promise<T> {
    await this.#enter(signal);
    const started = this.#options.clock.now();
    const call = { kind, moved: started };
    this.#calls.add(call);
    try {
      const value = await this.#watched(make, signal, call);
      this.#succeeded(kind, this.#options.clock.now() - started);
      return value;
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      // Whoever gave up on a call that was overdue has seen a stall, if a short one.
      else if (!this.#options.signal.aborted && this.#isOverdue(call)) this.#failed(new Stalled());
      throw error;
    } finally {
      this.#calls.delete(call);
      this.#entered--;
      this.#letOneIn();
    }
  }

  /** Stops speaking to the node for good: what it signed is not true. */
  distrust(): void {
    this.#shut('distrusted');
  }

  async #enter(signal: AbortSignal): Promise<void> {
    let queued = false;
    while (this.#entered >= this.#window && !signal.aborted) {
      queued = true;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          signal.removeEventListener('abort', go);
          this.#waiting.delete(go);
          resolve();
        };
        this.#waiting.add(go);
        signal.addEventListener('abort', go, { once: true });
      });
      // What queued behind a call that never came back need not find that out for itself.
      if (!this.ready) break;
    }
    // A probe of a node that is not spoken to comes straight here.
    if (!signal.aborted && (this.ready || !queued)) return void this.#entered++;
    this.#letOneIn();
    throw new NodeError('unreachable', { what: signal.aborted ? 'given up' : `the node is ${this.#state}` });
  }

  #letOneIn(): void {
    const [first] = this.#waiting;
    first?.();
  }

  async #watched<T>(
    make: (node: StorageNode, options: CallOptions) => Promise<T>,
    outer: AbortSignal,
    call: Call,
  ): Promise<T> {
    const inner = new AbortController();
    const stop = (): void => inner.abort();
    outer.addEventListener('abort', stop, { once: true });
    const onBytes = (): void => void (call.moved = this.#options.clock.now());
    const made = make(this.node, { signal: inner.signal, onBytes });
    // The loser's rejection is expected: an aborted call rejects after the race is over.
    made.catch(() => undefined);
    try {
      return await Promise.race([made, this.#stall(call, inner.signal)]);
    } finally {
      inner.abort();
      outer.removeEventListener('abort', stop);
    }
  }

  /** Rejects once the call has been silent for too long, or is over. */
  async #stall(call: Call, over: AbortSignal): Promise<never> {
    const { clock } = this.#options;
    const limit = this.stallLimit(call.kind);
    while (!over.aborted) {
      const allowed = this.#othersSilent(limit / 2) ? PATIENCE_WITH_ALL * limit : limit;
      const left = call.moved + allowed - clock.now();
      if (left <= 0) break;
      const due = clock.now() + Math.min(left, limit);
      await clock.sleep(Math.min(left, limit), over);
      // Time in which this process itself did not run is not held against the node.
      call.moved += Math.max(0, clock.now() - due);
    }
    throw new Stalled(`no byte moved for ${limit} ms`);
  }

  /** Whether others were asked something, and none of them has moved a byte for `ms` either: then it is not this node. */
  #othersSilent(ms: number): boolean {
    const silences = [...this.#options.all()].flatMap((lane) => (lane === this ? [] : (lane.silence ?? [])));
    return silences.length > 0 && silences.every((silence) => silence > ms);
  }

  #succeeded(kind: CallKind, ms: number): void {
    this.#answered = true;
    this.#stalls = 0;
    this.#outages = 0;
    this.#latencies.add(kind, ms);
    this.#window = Math.min(16, this.#window + 1 / this.#window);
    // What was on its way when the node was given up has come back after all, before any probe did. A greeting opens nothing by
    // itself: what the node says in it is held against its receipts first.
    if (kind !== 'small' && (this.#state === 'stalled' || this.#state === 'unreachable')) this.#open();
  }

  #open(): void {
    this.#turns++;
    this.#state = 'ready';
    this.#stalls = 0;
    this.#options.onState(this);
  }

  #failed(error: unknown): void {
    if (error instanceof Stalled) {
      this.#window = Math.max(1, this.#window / 2);
      if (++this.#stalls >= STALLS_TO_BREAK) this.#shut('stalled');
      // Once may be chance: whoever answers a greeting is prompt again.
      else if (this.ready) void this.#answers(this.#options.probe);
    } else if (error instanceof NodeError) {
      if (error.code === 'unreachable' || error.code === 'stopped') this.#shut('unreachable');
      else if (error.code === 'disk-full' || error.code === 'quota') this.#shut('full');
      else if (error.code === 'unauthorised' || error.code === 'bad-request') this.#shut('refusing');
    }
  }

  #shut(state: LaneState): void {
    if (this.#state !== 'ready' && state !== 'distrusted') return;
    this.#turns++;
    this.#state = state;
    this.#options.onState(this);
    // A full or refusing node said so: it is asked again like one that is gone, only later.
    if (state !== 'distrusted')
      void this.#probeUntilBack(state === 'full' || state === 'refusing' ? 30_000 : 100);
  }

  async #probeUntilBack(first: number): Promise<void> {
    const { clock, random, probe, signal } = this.#options;
    const turn = this.#turns;
    const isOver = (): boolean => signal.aborted || this.#turns !== turn;
    for (let wait = first * 2 ** Math.min(this.#outages++, 6); !isOver(); wait = Math.min(wait * 2, 30_000)) {
      // Full jitter over the upper half: clients that lost one node together do not come back together.
      await clock.sleep(wait * (0.5 + random() / 2), signal);
      if (isOver()) return;
      if (await this.#answers(probe)) break;
    }
    if (!isOver()) this.#open();
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
