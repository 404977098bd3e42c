/** Fetches verified shards of one pack: from their holders when these answer, rebuilt from any k others when not. */
import { equal, hex } from '@assay/core';
import type { Kernel } from '../codec/kernel.ts';
import { ReedSolomon } from '../codec/reed-solomon.ts';
import { type Committee, rendezvous } from '../committee.ts';
import { TransferError } from '../errors.ts';
import { encodePackHeader, type PackHeader, packId } from '../format/pack.ts';
import { LEAF_BYTES, type LeafRange, shardRoot } from '../merkle.ts';
import { fetchLeaves, gatherShards, type PackAt } from './gather.ts';
import type { HedgeBudget } from './hedge-budget.ts';
import type { Lane } from './lane.ts';
import type { Clock } from './ports.ts';

/** Something a reader noticed and went around. */
export type ReadEvent =
  | {
      readonly type: 'corrupt-shard';
      readonly node: Uint8Array;
      readonly packId: Uint8Array;
      readonly index: number;
    }
  | { readonly type: 'hedged'; readonly packId: Uint8Array; readonly index: number };

export interface ReadContext {
  readonly committee: Committee;
  /** By hexadecimal node id. */
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Bytes that may be read twice. */
  readonly hedges: HedgeBudget;
  readonly onEvent: (event: ReadEvent) => void;
}

/** k whole shards under one pack id whose rebuild of shard `index` contradicts the pack's own commitment to it. */
export interface FraudProof {
  readonly header: Uint8Array;
  readonly shards: ReadonlyMap<number, Uint8Array>;
  readonly index: number;
}

/** A pack whose shards are not one code word: whoever made it could have shown different readers different bytes. */
export class InconsistentEncoding extends TransferError {
  readonly proof: FraudProof;

  constructor(proof: FraudProof, id: Uint8Array) {
    super('inconsistent-encoding', {
      what: `the shards of pack ${hex(id)} contradict one another`,
      where: `shard ${proof.index}`,
    });
    this.proof = proof;
  }
}

const LATE = Symbol('late');

export class ShardReader {
  readonly #context: ReadContext;
  readonly #pack: PackAt;

  constructor(header: PackHeader, context: ReadContext) {
    this.#context = context;
    const id = packId(header);
    this.#pack = { header, id, order: rendezvous(context.committee, id).map(hex) };
  }

  /**
   * All data shards: fetched, or rebuilt from parity that nodes which answer promptly have.
   * @throws TransferError `not-enough-shards`; InconsistentEncoding
   */
  async data(): Promise<Uint8Array[]> {
    const { k } = this.#pack.header;
    const known = await gatherShards(this.#pack, this.#context);
    const missing = Array.from({ length: k }, (_, i) => i).filter((index) => !known.has(index));
    const rebuilt = missing.length === 0 ? [] : this.#rebuildFrom(known, missing);
    return Array.from({ length: k }, (_, i) => known.get(i) ?? (rebuilt[missing.indexOf(i)] as Uint8Array));
  }

  /**
   * Leaves of shard `index`, verified. Where the holder is late the shard is rebuilt beside it, as far as the budget of bytes read
   * twice allows: k whole shards for a few leaves. Where it is known to be silent, or has not shown them, the rebuild is no hedge
   * but the only way.
   * @throws TransferError `not-enough-shards`; InconsistentEncoding
   */
  async leaves(index: number, range: LeafRange): Promise<Uint8Array> {
    const { lanes, signal, hedges, onEvent } = this.#context;
    const holder = lanes.get(this.#pack.order[index] as string);
    if (holder?.ready !== true) return this.#cutFrom(index, range, signal);
    using race = new Stopper(signal);
    const direct = fetchLeaves(this.#pack, { ...this.#context, signal: race.signal }, { index, range });
    const isLate = await this.#isLate(holder, direct);
    const { k, shardLen } = this.#pack.header;
    const hedge = isLate && hedges.take(k * shardLen);
    if (hedge) onEvent({ type: 'hedged', packId: this.#pack.id, index });
    const beside = hedge ? this.#cutFrom(index, range, race.signal) : undefined;
    const shown = await (beside === undefined ? direct : firstOf(direct, beside));
    if (shown === undefined) return beside ?? this.#cutFrom(index, range, signal);
    hedges.moved(shown.length);
    return shown;
  }

  /** Whether a request takes longer than its node's history leads one to expect, or others of that node do. */
  async #isLate(holder: Lane, direct: Promise<unknown>): Promise<boolean> {
    const { clock, signal } = this.#context;
    const patience = holder.overdue ? 0 : holder.hedgeAfter('get');
    return (await Promise.race([direct, clock.sleep(patience, signal).then(() => LATE)])) === LATE;
  }

  async #cutFrom(index: number, { from, to }: LeafRange, signal: AbortSignal): Promise<Uint8Array> {
    const known = await gatherShards(this.#pack, { ...this.#context, signal }, [index]);
    const [shard] = this.#rebuildFrom(known, [index]);
    return (shard as Uint8Array).subarray(from * LEAF_BYTES, to * LEAF_BYTES);
  }

  /**
   * Whole shards `wanted`, rebuilt from k others and checked against the pack's commitment.
   * @throws TransferError `not-enough-shards`; InconsistentEncoding
   */
  async rebuild(wanted: readonly number[]): Promise<Uint8Array[]> {
    return this.#rebuildFrom(await gatherShards(this.#pack, this.#context, wanted), wanted);
  }

  #rebuildFrom(known: ReadonlyMap<number, Uint8Array>, wanted: readonly number[]): Uint8Array[] {
    const { header, id } = this.#pack;
    const { k, n, roots, shardLen } = header;
    const out = wanted.map(() => new Uint8Array(shardLen));
    new ReedSolomon({ k, n }, this.#context.kernel).rebuild(known, wanted, out);
    out.forEach((shard, i) => {
      const index = wanted[i] as number;
      if (equal(shardRoot(shard), roots[index] as Uint8Array)) return;
      throw new InconsistentEncoding({ header: encodePackHeader(header), shards: known, index }, id);
    });
    return out;
  }
}

/** Ends what is still asked when the answer is there, or when the reader is stopped. */
class Stopper implements Disposable {
  readonly #abort = new AbortController();
  readonly signal: AbortSignal;

  constructor(outer: AbortSignal) {
    this.signal = AbortSignal.any([outer, this.#abort.signal]);
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }
}

/** Whichever gives bytes first; undefined when the direct request gives none and the rebuild fails, which then says why. */
async function firstOf(
  direct: Promise<Uint8Array | undefined>,
  rebuilt: Promise<Uint8Array>,
): Promise<Uint8Array | undefined> {
  const failed = rebuilt.catch(() => undefined);
  return (await Promise.race([direct, failed])) ?? (await direct) ?? (await failed);
}

/** Whether a fraud proof convicts: its shards are the committed ones, and their rebuild is not. */
export function verifyFraudProof(
  { header, shards, index }: FraudProof,
  decoded: PackHeader,
  kernel: Kernel,
): boolean {
  if (!equal(encodePackHeader(decoded), header) || shards.size !== decoded.k || index >= decoded.n)
    return false;
  const committed = [...shards].every(([at, bytes]) => {
    return (
      bytes.length === decoded.shardLen && equal(shardRoot(bytes), decoded.roots[at] ?? new Uint8Array(0))
    );
  });
  if (!committed) return false;
  const out = new Uint8Array(decoded.shardLen);
  new ReedSolomon({ k: decoded.k, n: decoded.n }, kernel).rebuild(shards, [index], [out]);
  return !equal(shardRoot(out), decoded.roots[index] as Uint8Array);
}
