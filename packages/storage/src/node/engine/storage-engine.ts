/** A storage node without its network: takes shards into the log, signs for them, shows, challenges, scrubs, collects. */
import { equal, hex, sha256, type Signer } from '@assay/core';
import type { Challenge, ChallengeAnswer } from '../../challenge.ts';
import type { Clock, PutShard, RenewAt, SealRequest, ShardLeaves } from '../../client/ports.ts';
import type { Committee } from '../../committee.ts';
import { NodeError } from '../../errors.ts';
import type { PageReader } from '../../format/pages.ts';
import { CODEC, decodePackHeader, type PackHeader } from '../../format/pack.ts';
import { type LeafRange, shardRoot } from '../../merkle.ts';
import { type Boot, type Hello, signHello, type Tombstone } from '../../node-facts.ts';
import type { ShardReceipt, ShardRef } from '../../receipt.ts';
import { answerChallenge, leavesOf, sealChecked } from './answers.ts';
import { freeMemory } from '../free-memory.ts';
import type { Disk } from './disk.ts';
import { type Deleted, deleteBlob } from './delete-blob.ts';
import { holdRecord, Holds, readHold } from './holds.ts';
import { AppendLog, type RecordPlace } from './log.ts';
import type { NodeEngine } from './node-engine.ts';
import { ReceiptBatch } from './receipt-batch.ts';
import { bootRecord, decodeBoots, joinMeta, splitMeta } from './record-meta.ts';
import { isShard, KIND } from './record.ts';
import type { RecordContent } from './record-content.ts';
import { Sessions } from './sessions.ts';
import { sealingCommittee, signingCommittee } from './signing-epoch.ts';
import { type HeldShard, ShardIndex } from './shard-index.ts';
import { Upkeep } from './upkeep.ts';

export interface EngineOptions {
  readonly disk: Disk;
  readonly signer: Signer;
  /** The committee of the current epoch. */
  readonly committee: () => Committee;
  readonly clock: Clock;
  /** Random bytes for the boot id. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** Body bytes the node takes in all. */
  readonly quotaBytes: number;
  readonly segmentBytes?: number;
  readonly batchBytes?: number;
  /** Epochs a new lease lasts. */
  readonly leaseEpochs?: number;
  /** Milliseconds an upload session lives without a request. */
  readonly sessionTtl?: number;
  /** Computes the root of a shard that is put, beside this thread; without it this thread does. */
  readonly rootOf?: (body: Uint8Array) => Promise<Uint8Array>;
}

/** What a put is taken under. */
interface Taking {
  readonly header: PackHeader;
  readonly packId: Uint8Array;
  /** In the epoch that is signed for. */
  readonly committee: Committee;
  readonly signal: AbortSignal | undefined;
}

const NONE = new Uint8Array(0);
/** Epochs of a lease, unless told otherwise. */
const LEASE_EPOCHS = 26;

export class StorageEngine implements NodeEngine {
  readonly durability = 1;
  readonly #options: EngineOptions;
  readonly #index = new ShardIndex();
  readonly #holds = new Holds();
  readonly #sessions: Sessions;
  readonly #boots: Boot[] = [];
  readonly #pending = new Map<string, Promise<ShardReceipt>>();
  readonly #receipts: ReceiptBatch;
  #reserved = 0;
  readonly #upkeep: Upkeep;
  #log!: AppendLog;

  private constructor(options: EngineOptions) {
    this.#options = options;
    this.#sessions = new Sessions(options.clock, options.sessionTtl ?? 3_600_000);
    const { signer, leaseEpochs = LEASE_EPOCHS } = options;
    this.#receipts = new ReceiptBatch({
      signer,
      durability: this.durability,
      bootId: () => (this.#boots.at(-1) as Boot).bootId,
      leaseEpochs,
    });
    this.#upkeep = new Upkeep({
      options,
      index: this.#index,
      sessions: this.#sessions,
      boots: this.#boots,
      holds: this.#holds,
    });
  }

  /** Scans the disk and starts a new boot, which is on the disk before this returns. */
  static async open(options: EngineOptions): Promise<StorageEngine> {
    const engine = new StorageEngine(options);
    const limits = {
      segmentBytes: options.segmentBytes ?? 64 << 20,
      batchBytes: options.batchBytes ?? 16 << 20,
    };
    engine.#log = await AppendLog.open({ disk: options.disk, ...limits }, (place, meta) =>
      engine.#replay(place, meta),
    );
    engine.#upkeep.attach(engine.#log);
    const firstSeq = engine.#log.nextSeq;
    engine.#boots.push({ bootId: options.randomBytes(16), firstSeq });
    engine.#upkeep.noteControl(await engine.#log.append(bootRecord(engine.#boots)));
    return engine;
  }

  /** Raw key of this node. */
  get id(): Uint8Array {
    return this.#options.signer.publicKey;
  }

  /** Body bytes held and allowed. */
  get usage(): { readonly bytes: number; readonly quotaBytes: number; readonly shards: number } {
    return {
      bytes: this.#index.bytes,
      quotaBytes: this.#options.quotaBytes,
      shards: this.#index.all().length,
    };
  }

  /**
   * Takes a shard and signs for it after the fdatasync. Repeats are answered from the first copy, whose bytes are read
   * again before they are signed for again.
   *
   * @throws NodeError `bad-shard` | `disk-full` | `stopped`
   */
  putShard(put: PutShard, signal?: AbortSignal): Promise<ShardReceipt> {
    const header = decodePackHeader(put.header);
    const packId = sha256(put.header);
    const key = ShardIndex.key(packId, put.index);
    const committee = signingCommittee(this.#options.committee(), put.epoch);
    this.#sessions.touch(put.session, key);
    // Of two clients that put the same at once each is to have its own epoch signed for.
    const pending = `${key} ${committee.epoch}`;
    const running = this.#pending.get(pending) ?? this.#take(put, { header, packId, committee, signal });
    this.#pending.set(pending, running);
    const letGo = put.retain?.();
    const settled = (): void => {
      this.#pending.delete(pending);
      letGo?.();
    };
    running.then(settled, settled);
    return running;
  }

  async #take(put: PutShard, { header, packId, committee, signal }: Taking): Promise<ShardReceipt> {
    const root = header.roots[put.index];
    if (
      root === undefined ||
      put.body.length !== header.shardLen ||
      !equal(await this.#rootOf(put.body), root)
    ) {
      throw new NodeError('bad-shard', { what: `the body is not shard ${put.index} of pack ${hex(packId)}` });
    }
    const shard = { packId, index: put.index, root, length: header.shardLen };
    const leaseEnd = this.#leaseEnd();
    const held = this.#index.get(packId, put.index);
    if (held !== undefined && (await this.#intact(held))) return this.#renew(held, shard, committee);
    this.#reserve(put.body.length);
    try {
      const page =
        header.codec === CODEC.replicate ? sha256(put.body.subarray(0, header.packLen)) : undefined;
      const meta = joinMeta(put.header, page);
      const record = { kind: KIND.shard, index: put.index, leaseEnd, packId, meta, body: put.body };
      const place = await this.#log.append(record, signal);
      this.#index.add(place, page);
      this.#holds.taken(packId);
      return await this.#receipts.sign(shard, { seq: place.seq, committee });
    } finally {
      this.#reserved -= put.body.length;
    }
  }

  /** Signs again for a shard this node holds, after reading it. @throws NodeError `not-found` */
  async renewShard(packId: Uint8Array, { index, session, epoch }: RenewAt): Promise<ShardReceipt> {
    const committee = signingCommittee(this.#options.committee(), epoch);
    this.#sessions.touch(session, ShardIndex.key(packId, index));
    const held = this.#index.get(packId, index);
    if (held === undefined || !(await this.#intact(held)))
      this.#missing(`shard ${index} of pack ${hex(packId)}`);
    const { header } = splitMeta((await this.#read(held)).meta);
    const root = header.roots[index] as Uint8Array;
    return this.#renew(held, { packId, index, root, length: header.shardLen }, committee);
  }

  #reserve(bytes: number): void {
    const { quotaBytes } = this.#options;
    if (this.#index.bytes + this.#reserved + bytes > quotaBytes) {
      throw new NodeError('disk-full', { what: `${bytes} more bytes exceed the quota of ${quotaBytes}` });
    }
    this.#reserved += bytes;
  }

  async #renew(held: HeldShard, shard: ShardRef, committee: Committee): Promise<ShardReceipt> {
    const leaseEnd = this.#leaseEnd();
    const { packId, index } = shard;
    const place = await this.#log.append({
      kind: KIND.lease,
      index,
      leaseEnd,
      packId,
      meta: NONE,
      body: NONE,
    });
    this.#upkeep.noteControl(place);
    held.leaseEnd = Math.max(held.leaseEnd, leaseEnd);
    return this.#receipts.sign(shard, { seq: place.seq, committee });
  }

  async #rootOf(body: Uint8Array): Promise<Uint8Array> {
    const { rootOf } = this.#options;
    return rootOf === undefined ? shardRoot(body) : rootOf(body);
  }

  async #intact(held: HeldShard): Promise<boolean> {
    try {
      await this.#read(held);
      return true;
    } catch (error) {
      if (error instanceof NodeError && error.code === 'corrupt') return false;
      throw error;
    }
  }

  /**
   * A shard's record. Upkeep may move it while it is being read, and take the segment away: then it is read where it lies now.
   * @throws NodeError `corrupt`; `not-found` when it was deleted meanwhile
   */
  async #read({ place }: HeldShard): Promise<RecordContent> {
    try {
      return await this.#log.read(place);
    } catch (error) {
      const { packId, index } = place;
      const now = this.#index.get(packId, index) ?? this.#missing(`shard ${index} of pack ${hex(packId)}`);
      if (now.place === place) throw error;
      return this.#read(now);
    }
  }

  #leaseEnd(): number {
    return this.#options.committee().epoch + (this.#options.leaseEpochs ?? LEASE_EPOCHS);
  }

  /** Leaves of a shard and the proof to its root. @throws NodeError `not-found` | `corrupt` | `bad-request` */
  async getLeaves(
    packId: Uint8Array,
    { index, range }: { index: number; range: LeafRange },
  ): Promise<ShardLeaves> {
    const held = this.#index.get(packId, index) ?? this.#missing(`shard ${index} of pack ${hex(packId)}`);
    const { body, leaves } = await this.#read(held);
    return { ...leavesOf(body, range, leaves), free: () => freeMemory(body) };
  }

  /** Bytes of a manifest page. @throws NodeError `not-found` | `corrupt` */
  async getPage(digest: Uint8Array): Promise<Uint8Array> {
    const held = this.#index.page(digest) ?? this.#missing(`page ${hex(digest)}`);
    const { meta, body } = await this.#read(held);
    return body.subarray(0, splitMeta(meta).header.packLen);
  }

  #missing(what: string): never {
    throw new NodeError('not-found', { what: `this node does not hold ${what}` });
  }

  /** What this log covers, signed for the asker's nonce. */
  hello(nonce: Uint8Array): Hello {
    const { networkId } = this.#options.committee();
    const facts = { networkId, nodeId: this.id, nonce, nextSeq: this.#log.nextSeq, boots: [...this.#boots] };
    return signHello(facts, this.#options.signer);
  }

  /** @throws NodeError `not-found` for a pack that was deleted at its tenants' word: nothing is signed against oneself for that */
  async challenge(challenge: Challenge): Promise<ChallengeAnswer> {
    const given = challenge.leaves.find(({ shard }) => this.#holds.isGiven(shard.packId));
    if (given !== undefined)
      throw new NodeError('not-found', { what: `pack ${hex(given.shard.packId)} was deleted by its tenant` });
    // The sequence is taken before anything is looked for: what is put meanwhile is not denied by this answer.
    const { bootId } = this.#boots.at(-1) as Boot;
    return answerChallenge(challenge, this, {
      signer: this.#options.signer,
      bootId,
      nextSeq: this.#log.nextSeq,
    });
  }

  async seal(request: SealRequest, tenant?: Uint8Array): Promise<Uint8Array> {
    const { signer } = this.#options;
    const committee = sealingCommittee(this.#options.committee(), request.epoch);
    const read: PageReader = (id) => this.getPage(id);
    const signature = await sealChecked(request, { committee, signer, read });
    const { blobId } = request.facts;
    if (request.hold !== false && tenant !== undefined && !this.#holds.has(blobId, tenant)) {
      const hold = { blobId, tenant, held: true, packs: [] };
      this.#upkeep.noteControl(await this.#log.append(holdRecord(hold)));
      this.#holds.apply(hold);
    }
    if (request.session !== undefined) this.#sessions.end(request.session);
    return signature;
  }

  deleteBlob(blobId: Uint8Array, tenant: Uint8Array): Promise<Deleted> {
    return deleteBlob(blobId, tenant, {
      holds: this.#holds,
      index: this.#index,
      sessions: this.#sessions,
      log: this.#log,
      read: (id) => this.getPage(id),
      noteControl: (place) => this.#upkeep.noteControl(place),
      strike: (place) => this.#upkeep.strike(place),
    });
  }

  /** Ends an upload session: what it referred to is under its leases alone from now on. */
  endSession(session: string): void {
    this.#sessions.end(session);
  }

  /** Reads every shard again; says of which it had to let go. */
  scrub(): Promise<Tombstone[]> {
    return this.#upkeep.scrub();
  }

  /** Deletes what nothing protects any more, and gives back half-empty segments. Returns the shards deleted. */
  collect(): Promise<number> {
    return this.#upkeep.collect();
  }

  #replay(place: RecordPlace, meta: Uint8Array): void {
    if (place.kind === KIND.filler) return;
    const held = this.#index.get(place.packId, place.index);
    if (isShard(place.kind)) {
      this.#index.add(place, splitMeta(meta).page);
      this.#holds.taken(place.packId);
    } else this.#upkeep.noteControl(place);
    if (place.kind === KIND.tombstone) this.#index.remove(place.packId, place.index);
    else if (place.kind === KIND.lease && held !== undefined)
      held.leaseEnd = Math.max(held.leaseEnd, place.leaseEnd);
    else if (place.kind === KIND.hold) this.#holds.apply(readHold(place, meta));
    else if (place.kind === KIND.boot) this.#boots.splice(0, Infinity, ...decodeBoots(meta));
  }
}
