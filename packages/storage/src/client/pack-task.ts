/** Sends one pack: a shard to each node, done at q receipts, the tail going on until somebody needs the memory. */
import { equal, hex } from '@assay/core';
import { checkPlace } from '../certificate.ts';
import { type Committee, rendezvous } from '../committee.ts';
import { FormatError, NodeError, ReceiptError } from '../errors.ts';
import { shardRoot } from '../merkle.ts';
import type { Progress } from '../progress.ts';
import { type ShardReceipt, type VerifiedReceipt, verifyShardReceipt } from '../receipt.ts';
import type { EncodedPack } from './encode.ts';
import type { HedgeBudget } from './hedge-budget.ts';
import { type Lane, Stalled } from './lane.ts';
import type { Clock, Random } from './ports.ts';

/** What all packs of an upload share. */
export interface TaskContext {
  readonly committee: Committee;
  /** By hexadecimal node id. */
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly random: Random;
  readonly session: string;
  readonly hedges: HedgeBudget;
  /** A verified receipt at its right place. */
  readonly onReceipt: (pack: number, receipt: VerifiedReceipt) => void;
  /** A failure that no other node and no waiting can mend. */
  readonly onFatal: (error: Error) => void;
}

const RETRY_LEAST_MS = 50;
const RETRY_MOST_MS = 5_000;
/** How often a shard that nobody can take at the moment looks again. */
const POLL_MS = 50;

export class PackTask {
  readonly pack: number;
  readonly encoded: EncodedPack;
  /** Resolves when the pack is certified, or the task closed. */
  readonly settled: Promise<void>;
  /** Resolves when every shard is delivered, or the task closed: its memory is free then. */
  readonly done: Promise<void>;
  readonly #context: TaskContext;
  readonly #abort = new AbortController();
  readonly #order: readonly string[];
  readonly #waiting = new Set<number>();
  readonly #taken = new Set<string>();
  readonly #sending = new Map<number, Lane>();
  #settle: () => void = () => undefined;
  #certifiedAt: number | undefined;

  constructor(context: TaskContext, pack: number, encoded: EncodedPack) {
    this.#context = context;
    this.pack = pack;
    this.encoded = encoded;
    this.#order = rendezvous(context.committee, encoded.id).map(hex);
    this.settled = new Promise((resolve) => (this.#settle = resolve));
    for (const { nodeId } of context.progress.receipts(pack)) this.#taken.add(hex(nodeId));
    this.done = this.#run();
  }

  /** Whether closing loses nothing that is still moving: each shard left waits for a node that cannot be spoken to. */
  get idle(): boolean {
    const left = this.encoded.shards.length - this.#context.progress.receipts(this.pack).length;
    return this.#waiting.size >= left;
  }

  /** Whether every shard left waits for a node that cannot be spoken to, or that is silent for longer than it should be. */
  get hopeless(): boolean {
    const slow = [...this.#sending.values()].filter((lane) => lane.overdue).length;
    const left = this.encoded.shards.length - this.#context.progress.receipts(this.pack).length;
    return this.#waiting.size + slow >= left;
  }

  /** Milliseconds since the pack was certified; undefined before. */
  get tailAge(): number | undefined {
    return this.#certifiedAt === undefined ? undefined : this.#context.clock.now() - this.#certifiedAt;
  }

  /** Ends the tail: what is still moving is dropped from the ghost, and the memory is given back. */
  close(): void {
    this.#abort.abort();
    this.#settle();
  }

  async #run(): Promise<void> {
    this.#noteCertified();
    await Promise.all(this.encoded.shards.map((_, index) => this.#deliver(index)));
    this.#settle();
    this.encoded.hold.letGo();
  }

  async #deliver(index: number): Promise<void> {
    const { progress, clock, random } = this.#context;
    const { signal } = this.#abort;
    let stalled: Lane | undefined;
    for (let attempt = 0; !signal.aborted;) {
      if (progress.receipts(this.pack).some(({ shard }) => shard.index === index)) return;
      const lane = this.#choose(index, stalled);
      if (lane === undefined) {
        this.#waiting.add(index);
        await clock.sleep(POLL_MS, signal);
        this.#waiting.delete(index);
        continue;
      }
      const outcome = await this.#send(index, lane);
      if (outcome === 'stalled') stalled = lane;
      const most = Math.min(RETRY_MOST_MS, RETRY_LEAST_MS * 2 ** attempt++);
      if (outcome !== 'received') await clock.sleep(random() * most, signal);
    }
  }

  /** The assigned node if it can be spoken to, else the first spare that holds nothing of this pack. */
  #choose(index: number, stalled: Lane | undefined): Lane | undefined {
    const { lanes, hedges } = this.#context;
    const { n, shardLen: length } = this.encoded.header;
    const assigned = lanes.get(this.#order[index] as string);
    const spare = this.#order.slice(n).find((id) => lanes.get(id)?.ready && !this.#taken.has(id));
    // Moving away from a node that stalled may cost a second copy; from one that is gone it costs nothing.
    const hedge = stalled !== undefined && stalled === assigned && assigned.ready;
    if (assigned?.ready && !(hedge && spare !== undefined && hedges.take(length))) return assigned;
    if (spare === undefined) return undefined;
    this.#taken.add(spare);
    return lanes.get(spare);
  }

  async #send(index: number, lane: Lane): Promise<'received' | 'stalled' | 'failed'> {
    const { progress, session, hedges, committee } = this.#context;
    const { headerBytes, shards, hold } = this.encoded;
    const retain = (): (() => void) => hold.take();
    const { epoch } = committee;
    const put = { header: headerBytes, index, body: shards[index] as Uint8Array, session, epoch, retain };
    progress.inFlight(this.pack, index, true);
    this.#sending.set(index, lane);
    try {
      const receipt = await lane.call(
        (node, options) => node.putShard(put, options),
        this.#abort.signal,
        'put',
      );
      hedges.moved(put.body.length);
      this.#accept(index, lane, receipt);
      return 'received';
    } catch (error) {
      progress.inFlight(this.pack, index, false);
      this.#taken.delete(hex(lane.node.id));
      if (this.#abort.signal.aborted) return 'failed';
      return this.#explain(error, { index, lane });
    } finally {
      this.#sending.delete(index);
    }
  }

  #accept(index: number, lane: Lane, answer: ShardReceipt): void {
    const { committee, onReceipt } = this.#context;
    const receipt = verifyShardReceipt(answer, committee);
    const { header, id } = this.encoded;
    checkPlace(receipt, { header, id, committee });
    if (receipt.shard.index !== index || !equal(receipt.nodeId, lane.node.id)) {
      throw new ReceiptError('assignment', {
        what: `the receipt is for another shard or node than was asked`,
      });
    }
    this.#taken.add(hex(lane.node.id));
    onReceipt(this.pack, receipt);
    this.#noteCertified();
  }

  #explain(error: unknown, { index, lane }: { index: number; lane: Lane }): 'stalled' | 'failed' {
    if (error instanceof Stalled) return 'stalled';
    if (error instanceof ReceiptError || error instanceof FormatError) lane.distrust();
    else if (error instanceof NodeError) {
      // One node's word must not end an upload: whether our bytes are the shard is for us to see.
      if (error.code !== 'bad-shard') return 'failed';
      if (this.#isSound(index)) lane.distrust();
      else this.#context.onFatal(error);
    } else this.#context.onFatal(error instanceof Error ? error : new Error(String(error)));
    return 'failed';
  }

  #isSound(index: number): boolean {
    const { header, shards } = this.encoded;
    return equal(shardRoot(shards[index] as Uint8Array), header.roots[index] as Uint8Array);
  }

  #noteCertified(): void {
    if (this.#certifiedAt !== undefined || !this.#context.progress.isCertified(this.pack)) return;
    this.#certifiedAt = this.#context.clock.now();
    this.#settle();
  }
}
