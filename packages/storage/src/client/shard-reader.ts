/** Fetches verified shards of one pack: from their holders when these answer, rebuilt from any k others when not. */
import { equal, hex } from '@assay/core';
import type { Kernel } from '../codec/kernel.ts';
import { ReedSolomon } from '../codec/reed-solomon.ts';
import { type Committee, rendezvous } from '../committee.ts';
import { NodeError, TransferError } from '../errors.ts';
import { encodePackHeader, type PackHeader, packId } from '../format/pack.ts';
import { LEAF_BYTES, leafCount, type LeafRange, shardRoot, verifyLeaves } from '../merkle.ts';
import { type Lane, Stalled } from './lane.ts';
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

export class ShardReader {
  readonly #context: ReadContext;
  readonly #header: PackHeader;
  readonly #id: Uint8Array;
  readonly #order: readonly string[];

  constructor(header: PackHeader, context: ReadContext) {
    this.#context = context;
    this.#header = header;
    this.#id = packId(header);
    this.#order = rendezvous(context.committee, this.#id).map(hex);
  }

  /**
   * Leaves of shard `index`, verified. A holder slower than its own history lets the rebuild start beside it.
   * @throws TransferError `not-enough-shards`; InconsistentEncoding
   */
  async leaves(index: number, range: LeafRange): Promise<Uint8Array> {
    const direct = this.#fetch(index, range);
    const holder = this.#context.lanes.get(this.#order[index] as string);
    const patience = holder?.hedgeAfter ?? 0;
    const first = await Promise.race([
      direct,
      this.#context.clock.sleep(patience, this.#context.signal).then(() => LATE),
    ]);
    if (first instanceof Uint8Array) return first;
    if (first === LATE) this.#context.onEvent({ type: 'hedged', packId: this.#id, index });
    const rebuilt = this.rebuild([index]).then(([shard]) => {
      const { from, to } = range;
      return (shard as Uint8Array).subarray(from * LEAF_BYTES, to * LEAF_BYTES);
    });
    return firstBytes(direct, rebuilt);
  }

  /**
   * Whole shards `wanted`, rebuilt from k others and checked against the pack's commitment.
   * @throws TransferError `not-enough-shards`; InconsistentEncoding
   */
  async rebuild(wanted: readonly number[]): Promise<Uint8Array[]> {
    const { k, n, roots, shardLen } = this.#header;
    const known = await this.#gather(wanted);
    const out = wanted.map(() => new Uint8Array(shardLen));
    new ReedSolomon({ k, n }, this.#context.kernel).rebuild(known, wanted, out);
    out.forEach((shard, i) => {
      const index = wanted[i] as number;
      if (equal(shardRoot(shard), roots[index] as Uint8Array)) return;
      throw new InconsistentEncoding(
        { header: encodePackHeader(this.#header), shards: known, index },
        this.#id,
      );
    });
    return out;
  }

  /** Any k whole shards, those not wanted first. While too few can be had, it asks again for a while. */
  async #gather(wanted: readonly number[]): Promise<Map<number, Uint8Array>> {
    const { clock, signal } = this.#context;
    const { k } = this.#header;
    const known = new Map<number, Uint8Array>();
    const until = clock.now() + PATIENCE_MS;
    for (;;) {
      await this.#gatherOnce(known, wanted);
      if (known.size >= k) return known;
      if (signal.aborted || clock.now() >= until) break;
      await clock.sleep(RETRY_MS, signal);
    }
    throw new TransferError('not-enough-shards', {
      what: `${known.size} of the ${k} shards that pack ${hex(this.#id)} needs can be had`,
      fix: 'Wait for nodes to return; nothing partial is given.',
    });
  }

  /** Asks each holder that can be spoken to once; as many requests run as are still missing. */
  async #gatherOnce(known: Map<number, Uint8Array>, wanted: readonly number[]): Promise<void> {
    const { k, n, shardLen } = this.#header;
    const candidates = Array.from({ length: n }, (_, i) => i).filter(
      (i) => !wanted.includes(i) && !known.has(i),
    );
    candidates.sort((a, b) => this.#cost(a) - this.#cost(b));
    const range = { from: 0, to: leafCount(shardLen) };
    const worker = async (): Promise<void> => {
      for (
        let index = candidates.shift();
        index !== undefined && known.size < k;
        index = candidates.shift()
      ) {
        const bytes = await this.#fetch(index, range);
        if (bytes === undefined) continue;
        known.set(index, bytes);
        return;
      }
    };
    await Promise.all(Array.from({ length: k - known.size }, worker));
  }

  #cost(index: number): number {
    const lane = this.#context.lanes.get(this.#order[index] as string);
    return lane?.ready ? lane.percentile(0.5) : Number.MAX_SAFE_INTEGER;
  }

  /** Verified leaves from the assigned holder or a spare that has them; undefined when nobody shows them. */
  async #fetch(index: number, range: LeafRange): Promise<Uint8Array | undefined> {
    const { lanes, committee } = this.#context;
    const holders = [this.#order[index] as string, ...this.#order.slice(committee.profile.n)];
    for (const id of holders) {
      const lane = lanes.get(id);
      const bytes = lane?.ready ? await this.#fetchFrom(lane, index, range) : undefined;
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  async #fetchFrom(lane: Lane, index: number, range: LeafRange): Promise<Uint8Array | undefined> {
    const { signal, onEvent } = this.#context;
    const corrupt = (): undefined =>
      void onEvent({ type: 'corrupt-shard', node: lane.node.id, packId: this.#id, index });
    try {
      const { bytes, proof } = await lane.call(
        (node, call) => node.getLeaves(this.#id, { index, range }, call),
        signal,
      );
      const root = this.#header.roots[index] as Uint8Array;
      const good = verifyLeaves(bytes, { root, shardBytes: this.#header.shardLen, range, proof });
      return good ? bytes : corrupt();
    } catch (error) {
      if (error instanceof NodeError && error.code === 'corrupt') return corrupt();
      if (error instanceof Stalled || error instanceof NodeError) return undefined;
      throw error;
    }
  }
}

const LATE = Symbol('late');
/** How long a read waits for nodes that stall or restart before it says that there are too few. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 250;

/** Whichever gives bytes first; the rebuild's error when neither does. */
async function firstBytes(
  direct: Promise<Uint8Array | undefined>,
  rebuilt: Promise<Uint8Array>,
): Promise<Uint8Array> {
  const arrived = direct.then((bytes) => bytes ?? Promise.reject(new Error('not shown')));
  try {
    return await Promise.any([arrived, rebuilt]);
  } catch {
    // Both failed; the rebuild knows why.
    return rebuilt;
  }
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
