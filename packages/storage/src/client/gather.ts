/** Gathers any k whole shards of a pack: from the nodes that answer promptly first, from others beside those that are late. */
import { hex } from '@assay/core';
import { NodeError, TransferError } from '../errors.ts';
import type { PackHeader } from '../format/pack.ts';
import { leafCount, type LeafRange, verifyLeaves } from '../merkle.ts';
import { type Lane, Stalled } from './lane.ts';
import type { ReadContext } from './shard-reader.ts';

/** A pack to be read. */
export interface PackAt {
  readonly header: PackHeader;
  readonly id: Uint8Array;
  /** Hexadecimal node ids: entry i < n is assigned shard i, the rest are spares. */
  readonly order: readonly string[];
}

/** How long a read waits for nodes that stall or restart before it says that there are too few. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 250;
/** How often it is looked whether a request is late. */
const LATE_MS = 20;

/**
 * Any k whole verified shards other than those `without`; data shards first, because they need no rebuild.
 * @throws TransferError `not-enough-shards` when too few can be had for a while
 */
export async function gatherShards(
  pack: PackAt,
  context: ReadContext,
  without: readonly number[] = [],
): Promise<Map<number, Uint8Array>> {
  const { clock, signal } = context;
  const { k, n } = pack.header;
  const known = new Map<number, Uint8Array>();
  const until = clock.now() + PATIENCE_MS;
  const wanted = Array.from({ length: n }, (_, i) => i).filter((index) => !without.includes(index));
  for (;;) {
    using round = new Round(pack, context, known);
    await round.run(wanted.filter((index) => !known.has(index)));
    if (known.size >= k) return known;
    if (signal.aborted || clock.now() >= until) break;
    await clock.sleep(RETRY_MS, signal);
  }
  throw new TransferError('not-enough-shards', {
    what: `${known.size} of the ${k} shards that pack ${hex(pack.id)} needs can be had`,
    fix: 'Wait for nodes to return; nothing partial is given.',
  });
}

/** Asks each holder at most once. What is still running when it ends is given up. */
class Round implements Disposable {
  readonly #pack: PackAt;
  readonly #context: ReadContext;
  readonly #known: Map<number, Uint8Array>;
  readonly #abort = new AbortController();
  readonly #running = new Map<number, { late: boolean }>();
  #candidates: number[] = [];
  #changed: () => void = () => undefined;
  #fault: Error | undefined;

  constructor(pack: PackAt, context: ReadContext, known: Map<number, Uint8Array>) {
    this.#pack = pack;
    this.#context = context;
    this.#known = known;
    context.signal.addEventListener('abort', this.#stop, { once: true });
  }

  /** What no other node can mend. */
  readonly #fail = (error: unknown): void => {
    this.#fault = error instanceof Error ? error : new Error(String(error));
    this.#changed();
  };

  readonly #stop = (): void => this.#abort.abort();

  [Symbol.dispose](): void {
    this.#context.signal.removeEventListener('abort', this.#stop);
    this.#stop();
  }

  async run(indices: number[]): Promise<void> {
    this.#candidates = indices.toSorted((a, b) => this.#cost(a) - this.#cost(b));
    const { header } = this.#pack;
    while (this.#known.size < header.k) {
      const changed = new Promise<void>((resolve) => (this.#changed = resolve));
      while (this.#running.size + this.#known.size < header.k && this.#askNext());
      this.#hedge();
      if (this.#running.size === 0) return;
      await Promise.race([changed, this.#context.clock.sleep(LATE_MS, this.#abort.signal)]);
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#abort.signal.aborted) return;
    }
  }

  #askNext(): boolean {
    const index = this.#candidates.shift();
    if (index === undefined) return false;
    this.#running.set(index, { late: false });
    const { header } = this.#pack;
    const range = { from: 0, to: leafCount(header.shardLen) };
    const { signal } = this.#abort;
    fetchLeaves(this.#pack, { ...this.#context, signal }, { index, range }).then((bytes) => {
      this.#running.delete(index);
      if (bytes !== undefined) {
        this.#known.set(index, bytes);
        this.#context.hedges.moved(bytes.length);
      }
      this.#changed();
    }, this.#fail);
    return true;
  }

  /** Asks one more holder for each that is late, as long as the budget of bytes read twice allows. */
  #hedge(): void {
    const { header, id } = this.#pack;
    for (const [index, asked] of this.#running) {
      if (asked.late || !this.#lane(index)?.overdue || this.#candidates.length === 0) continue;
      if (!this.#context.hedges.take(header.shardLen)) return;
      asked.late = true;
      this.#context.onEvent({ type: 'hedged', packId: id, index });
      this.#askNext();
    }
  }

  /** Prompt nodes before silent ones, data before parity, quick before slow. */
  #cost(index: number): number {
    const lane = this.#lane(index);
    const class_ = lane?.prompt ? 0 : lane?.ready ? 2 : 4;
    const parity = index < this.#pack.header.k ? 0 : 1;
    return (class_ + parity) * 1e6 + Math.min(lane?.latency('get', 0.5) ?? 0, 1e6 - 1);
  }

  #lane(index: number): Lane | undefined {
    return this.#context.lanes.get(this.#pack.order[index] as string);
  }
}

/** Verified leaves from the assigned holder or a spare that has them; undefined when nobody shows them. */
export async function fetchLeaves(
  pack: PackAt,
  context: ReadContext,
  at: { readonly index: number; readonly range: LeafRange },
): Promise<Uint8Array | undefined> {
  const holders = [pack.order[at.index] as string, ...pack.order.slice(context.committee.profile.n)];
  for (const id of holders) {
    const lane = context.lanes.get(id);
    const bytes = lane?.ready ? await fetchFrom(lane, { pack, context, ...at }) : undefined;
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

interface Fetch {
  readonly pack: PackAt;
  readonly context: ReadContext;
  readonly index: number;
  readonly range: LeafRange;
}

async function fetchFrom(
  lane: Lane,
  { pack, context, index, range }: Fetch,
): Promise<Uint8Array | undefined> {
  const { header, id } = pack;
  const corrupt = (): undefined =>
    void context.onEvent({ type: 'corrupt-shard', node: lane.node.id, packId: id, index });
  try {
    const { bytes, proof } = await lane.call(
      (node, call) => node.getLeaves(id, { index, range }, call),
      context.signal,
      'get',
    );
    const root = header.roots[index] as Uint8Array;
    return verifyLeaves(bytes, { root, shardBytes: header.shardLen, range, proof }) ? bytes : corrupt();
  } catch (error) {
    if (error instanceof NodeError && error.code === 'corrupt') return corrupt();
    if (error instanceof Stalled || error instanceof NodeError) return undefined;
    throw error;
  }
}
