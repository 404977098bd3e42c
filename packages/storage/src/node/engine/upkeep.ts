/** What a node does when nobody asks: re-reads its shards, lets go of what no lease covers, gives back segments. */
import { equal } from '@assay/core';
import { NodeError } from '../../errors.ts';
import { hashLeaves, treeRoot } from '../../merkle.ts';
import { type Boot, signTombstone, type Tombstone } from '../../node-facts.ts';
import { type Holds, readHold } from './holds.ts';
import type { AppendLog, RecordPlace } from './log.ts';
import { bootRecord, splitMeta } from './record-meta.ts';
import { KIND, type LogRecord } from './record.ts';
import type { Sessions } from './sessions.ts';
import { type HeldShard, ShardIndex } from './shard-index.ts';
import type { EngineOptions } from './storage-engine.ts';

/** Epochs between the end of a lease and the deletion. */
const GRACE_EPOCHS = 2;
const NONE = new Uint8Array(0);

interface UpkeepContext {
  readonly options: EngineOptions;
  readonly index: ShardIndex;
  readonly sessions: Sessions;
  readonly boots: readonly Boot[];
  readonly holds: Holds;
}

export class Upkeep {
  readonly #context: UpkeepContext;
  /** Records that are not shards, by segment: they must outlive the segment they lie in. */
  readonly #control = new Map<number, RecordPlace[]>();
  #log!: AppendLog;

  constructor(context: UpkeepContext) {
    this.#context = context;
  }

  attach(log: AppendLog): void {
    this.#log = log;
  }

  noteControl(place: RecordPlace): void {
    const list = this.#control.get(place.segment) ?? [];
    list.push(place);
    this.#control.set(place.segment, list);
  }

  /** Reads every shard again. What does not match its root is struck from the log, and the node says so. */
  async scrub(): Promise<Tombstone[]> {
    const { index: shards, options } = this.#context;
    const { networkId } = options.committee();
    const stones: Tombstone[] = [];
    for (const { place } of shards.all()) {
      if (await this.#matchesRoot(place)) continue;
      await this.strike(place);
      const { packId, index } = place;
      const nodeId = options.signer.publicKey;
      stones.push(signTombstone({ networkId, nodeId, packId, index }, options.signer));
    }
    return stones;
  }

  /**
   * Deletes what no lease covers any more and no running upload refers to, then gives back segments that are less than
   * half live. Returns the shards deleted.
   */
  async collect(): Promise<number> {
    const { index, sessions, options } = this.#context;
    const { epoch } = options.committee();
    const over = index.all().filter(({ leaseEnd, place }) => {
      return (
        leaseEnd + GRACE_EPOCHS <= epoch && !sessions.protects(ShardIndex.key(place.packId, place.index))
      );
    });
    for (const { place } of over) await this.strike(place);
    await this.#compact();
    return over.length;
  }

  async #matchesRoot(place: RecordPlace): Promise<boolean> {
    try {
      const { meta, body, leaves } = await this.#log.read(place);
      // Where its leaves had to be hashed, the log has held them against the root.
      if (leaves !== undefined) return true;
      return equal(treeRoot(hashLeaves(body)), splitMeta(meta).header.roots[place.index] ?? NONE);
    } catch (error) {
      if (error instanceof NodeError && error.code === 'corrupt') return false;
      throw error;
    }
  }

  /** Lets go of one shard; when this returns, that survives a power cut. */
  async strike({ packId, index }: RecordPlace): Promise<void> {
    // Out of the index first: nothing may be shown or signed for while the tombstone is on its way to the disk.
    this.#context.index.remove(packId, index);
    this.noteControl(await this.#log.append(control(KIND.tombstone, { packId, index, leaseEnd: 0 })));
  }

  async #compact(): Promise<void> {
    const { disk } = this.#context.options;
    for (const segment of await disk.list()) {
      if (segment === this.#log.activeSegment) continue;
      if (this.#context.index.liveBytes(segment) * 2 >= (await disk.size(segment))) continue;
      if (!(await this.#empty(segment))) continue;
      // A crash before this leaves two copies of each record; the later one wins.
      await disk.remove(segment);
      this.#control.delete(segment);
    }
  }

  /** Copies what must outlive a segment to the log's end. False when something in it cannot be read: scrub comes first. */
  async #empty(segment: number): Promise<boolean> {
    for (const held of this.#context.index.all()) {
      if (held.place.segment === segment && !(await this.#move(held))) return false;
    }
    for (const place of this.#control.get(segment) ?? []) {
      const record = place.kind === KIND.hold ? await this.#hold(place) : this.#stillNeeded(place);
      if (record !== undefined) this.noteControl(await this.#log.append(record));
    }
    return true;
  }

  async #move({ place, leaseEnd }: HeldShard): Promise<boolean> {
    if (!(await this.#matchesRoot(place))) return false;
    const { meta, body } = await this.#log.read(place);
    const { kind, index, packId } = place;
    this.#context.index.add(
      await this.#log.append({ kind, index, packId, leaseEnd, meta, body }),
      splitMeta(meta).page,
    );
    return true;
  }

  /** A hold that stands, or a word that it does not; an older one would undo what came after it. */
  async #hold(place: RecordPlace): Promise<LogRecord | undefined> {
    const { meta } = await this.#log.read(place);
    const { blobId, tenant, held } = readHold(place, meta);
    if (this.#context.holds.has(blobId, tenant) !== held) return undefined;
    return { kind: place.kind, index: place.index, packId: blobId, leaseEnd: 0, meta, body: NONE };
  }

  #stillNeeded({ kind, packId, index }: RecordPlace): LogRecord | undefined {
    if (kind === KIND.boot) return bootRecord(this.#context.boots);
    const held = this.#context.index.get(packId, index);
    if (kind === KIND.lease) return held && control(kind, { packId, index, leaseEnd: held.leaseEnd });
    // An older segment may still have the record that this tombstone strikes.
    return held === undefined ? control(KIND.tombstone, { packId, index, leaseEnd: 0 }) : undefined;
  }
}

function control(kind: LogRecord['kind'], of: Pick<LogRecord, 'packId' | 'index' | 'leaseEnd'>): LogRecord {
  return { kind, ...of, meta: NONE, body: NONE };
}
