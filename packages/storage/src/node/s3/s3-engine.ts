/** A storage node over a bucket: the provider keeps the bytes and attests their SHA-256; this process checks and signs. */
import { concat, equal, fromHex, fromUtf8, hex, sha256, type Signer, utf8 } from '@assay/core';
import type { Challenge, ChallengeAnswer } from '../../challenge.ts';
import type { Clock, PutShard, RenewAt, SealRequest, ShardLeaves } from '../../client/ports.ts';
import type { Committee } from '../../committee.ts';
import { NodeError } from '../../errors.ts';
import { CODEC, decodePackHeader, type PackHeader } from '../../format/pack.ts';
import { type LeafRange, shardRoot } from '../../merkle.ts';
import { type Boot, type Hello, signHello, signTombstone, type Tombstone } from '../../node-facts.ts';
import type { ShardReceipt } from '../../receipt.ts';
import { putPrefix, splitPut } from '../../wire.ts';
import { answerChallenge, leavesOf, sealChecked } from '../engine/answers.ts';
import type { NodeEngine } from '../engine/node-engine.ts';
import { ReceiptBatch } from '../engine/receipt-batch.ts';
import { bootRecord, decodeBoots } from '../engine/record-meta.ts';
import { Sessions } from '../engine/sessions.ts';
import { sealingCommittee, signingCommittee } from '../engine/signing-epoch.ts';
import type { Bucket } from './bucket.ts';
import { BOOTS, leaseKey, pageKey, parseShardKey, shardKey, SHARDS } from './object-keys.ts';

export interface S3EngineOptions {
  readonly bucket: Bucket;
  readonly signer: Signer;
  /** The committee of the current epoch. */
  readonly committee: () => Committee;
  readonly clock: Clock;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Bytes of objects the node takes in all. */
  readonly quotaBytes: number;
  /** Epochs a new lease lasts. */
  readonly leaseEpochs?: number;
  /** Milliseconds an upload session lives without a request. */
  readonly sessionTtl?: number;
}

/** Sequences of one boot: there is no log to count on, so each start takes a block of its own. */
const BOOT_SPAN = 2 ** 32;
/** Epochs of a lease, unless told otherwise. */
const LEASE_EPOCHS = 26;
/** Epochs between the end of a lease and the deletion. */
const GRACE_EPOCHS = 2;

export class S3Engine implements NodeEngine {
  /** "A provider attests it": no fdatasync of ours says so. */
  readonly durability = 2;
  readonly #options: S3EngineOptions;
  readonly #sessions: Sessions;
  readonly #receipts: ReceiptBatch;
  /** Bytes of each object, by key. */
  readonly #held = new Map<string, number>();
  readonly #pending = new Map<string, Promise<ShardReceipt>>();
  #boots: readonly Boot[] = [];
  #nextSeq = 0;
  #bytes = 0;

  private constructor(options: S3EngineOptions) {
    const { signer, clock, leaseEpochs = LEASE_EPOCHS, sessionTtl = 3_600_000 } = options;
    this.#options = options;
    this.#sessions = new Sessions(clock, sessionTtl);
    this.#receipts = new ReceiptBatch({
      signer,
      durability: this.durability,
      bootId: () => (this.#boots.at(-1) as Boot).bootId,
      leaseEpochs,
    });
  }

  /**
   * Lists the bucket and starts a new boot, which the provider holds before this returns. A bucket that was emptied
   * remembers no boot, so that receipts given before are seen not to stand. One process at a time may use a prefix.
   * @throws NodeError `unreachable`
   */
  static async open(options: S3EngineOptions): Promise<S3Engine> {
    const engine = new S3Engine(options);
    const { bucket, randomBytes } = options;
    const known = await bucket.get(BOOTS);
    const boots = known === undefined ? [] : decodeBoots(known);
    const firstSeq = (boots.at(-1)?.firstSeq ?? -BOOT_SPAN) + BOOT_SPAN;
    engine.#boots = [...boots, { bootId: randomBytes(16), firstSeq }];
    engine.#nextSeq = firstSeq;
    for await (const { key, bytes } of bucket.list(SHARDS)) engine.#count(key, bytes);
    await bucket.put(BOOTS, bootRecord(engine.#boots).meta);
    return engine;
  }

  get id(): Uint8Array {
    return this.#options.signer.publicKey;
  }

  get usage(): NodeEngine['usage'] {
    return { bytes: this.#bytes, quotaBytes: this.#options.quotaBytes, shards: this.#held.size };
  }

  putShard(put: PutShard): Promise<ShardReceipt> {
    const header = decodePackHeader(put.header);
    const packId = sha256(put.header);
    const key = shardKey(packId, put.index);
    const committee = signingCommittee(this.#options.committee(), put.epoch);
    this.#sessions.touch(put.session, key);
    // Of two clients that put the same at once each is to have its own epoch signed for.
    const pending = `${key} ${committee.epoch}`;
    const running = this.#pending.get(pending) ?? this.#take(put, { header, packId, key, committee });
    this.#pending.set(pending, running);
    const forget = (): void => void this.#pending.delete(pending);
    running.then(forget, forget);
    return running;
  }

  async #take(
    { header: headerBytes, index, body }: PutShard,
    {
      header,
      packId,
      key,
      committee,
    }: { header: PackHeader; packId: Uint8Array; key: string; committee: Committee },
  ): Promise<ShardReceipt> {
    const root = header.roots[index];
    if (root === undefined || body.length !== header.shardLen || !equal(shardRoot(body), root))
      throw new NodeError('bad-shard', { what: `the body is not shard ${index} of pack ${hex(packId)}` });
    // A copy before anything is awaited: whoever gives up may use the body again.
    const object = concat(putPrefix(headerBytes), body);
    if (this.#held.has(key) && (await this.#intact(key))) return this.#renew(key, committee);
    this.#reserve(object.length);
    try {
      await this.#options.bucket.put(key, object, this.#leaseEnd());
      if (header.codec === CODEC.replicate) {
        const page = sha256(object.subarray(-body.length).subarray(0, header.packLen));
        await this.#options.bucket.put(pageKey(page), utf8(key));
      }
      this.#count(key, object.length);
    } finally {
      this.#bytes -= object.length;
    }
    const shard = { packId, index, root, length: header.shardLen };
    return this.#receipts.sign(shard, { seq: this.#nextSeq++, committee });
  }

  async renewShard(packId: Uint8Array, { index, session, epoch }: RenewAt): Promise<ShardReceipt> {
    const committee = signingCommittee(this.#options.committee(), epoch);
    const key = shardKey(packId, index);
    this.#sessions.touch(session, key);
    if (!(await this.#intact(key))) throw missing(`shard ${index} of pack ${hex(packId)}`);
    return this.#renew(key, committee);
  }

  async getLeaves(
    packId: Uint8Array,
    { index, range }: { index: number; range: LeafRange },
  ): Promise<ShardLeaves> {
    return leavesOf((await this.#read(shardKey(packId, index))).body, range);
  }

  async getPage(digest: Uint8Array): Promise<Uint8Array> {
    const pointer = await this.#options.bucket.get(pageKey(digest));
    if (pointer === undefined) throw missing(`page ${hex(digest)}`);
    const { header, body } = await this.#read(fromUtf8(pointer));
    return body.subarray(0, header.packLen);
  }

  hello(nonce: Uint8Array): Hello {
    const { signer, committee } = this.#options;
    const { networkId } = committee();
    const facts = { networkId, nodeId: this.id, nonce, nextSeq: this.#nextSeq, boots: this.#boots };
    return signHello(facts, signer);
  }

  challenge(challenge: Challenge): Promise<ChallengeAnswer> {
    const { bootId } = this.#boots.at(-1) as Boot;
    return answerChallenge(challenge, this, {
      signer: this.#options.signer,
      bootId,
      nextSeq: this.#nextSeq,
    });
  }

  async seal(request: SealRequest): Promise<Uint8Array> {
    const { signer } = this.#options;
    const committee = sealingCommittee(this.#options.committee(), request.epoch);
    return sealChecked(request, { committee, signer, read: (id) => this.getPage(id) });
  }

  deleteBlob(): Promise<never> {
    const what = 'this node deletes when leases end, and not by request';
    return Promise.reject(new NodeError('bad-request', { what }));
  }

  async scrub(): Promise<Tombstone[]> {
    const { signer, committee } = this.#options;
    const stones: Tombstone[] = [];
    for (const key of this.#held.keys()) {
      const place = parseShardKey(key);
      if (place === undefined || (await this.#intact(key))) continue;
      await this.#delete(key);
      const facts = { networkId: committee().networkId, nodeId: this.id, packId: fromHex(place.id) };
      stones.push(signTombstone({ ...facts, index: place.index }, signer));
    }
    return stones;
  }

  async collect(): Promise<number> {
    const { epoch } = this.#options.committee();
    let deleted = 0;
    for (const key of this.#held.keys()) {
      if (this.#sessions.protects(key) || (await this.#leaseOf(key)) + GRACE_EPOCHS > epoch) continue;
      await this.#delete(key);
      deleted++;
    }
    return deleted;
  }

  async #renew(key: string, committee: Committee): Promise<ShardReceipt> {
    const { header, body } = await this.#read(key);
    const place = parseShardKey(key) as { id: string; index: number };
    await this.#options.bucket.put(leaseKey(key), new Uint8Array(0), this.#leaseEnd());
    const root = header.roots[place.index] as Uint8Array;
    const shard = { packId: fromHex(place.id), index: place.index, root, length: body.length };
    return this.#receipts.sign(shard, { seq: this.#nextSeq++, committee });
  }

  async #leaseOf(key: string): Promise<number> {
    const { bucket } = this.#options;
    return Math.max(await bucket.leaseOf(key), await bucket.leaseOf(leaseKey(key)));
  }

  /** A shard whose bytes match the pack it names. @throws NodeError `not-found` | `corrupt` */
  async #read(key: string): Promise<{ header: PackHeader; body: Uint8Array }> {
    const object = this.#held.has(key) ? await this.#options.bucket.get(key) : undefined;
    const place = parseShardKey(key);
    if (object === undefined || place === undefined) throw missing(key);
    const { header: headerBytes, shard: body } = splitPut(object);
    const named = hex(sha256(headerBytes)) === place.id;
    const header = named ? decodePackHeader(headerBytes) : undefined;
    const root = header?.roots[place.index];
    if (header === undefined || root === undefined || !equal(shardRoot(body), root))
      throw new NodeError('corrupt', { what: `the provider gives other bytes for ${key}` });
    return { header, body };
  }

  async #intact(key: string): Promise<boolean> {
    try {
      await this.#read(key);
      return true;
    } catch (error) {
      // Only what was seen to be wrong is gone; a provider that does not answer says nothing.
      if (error instanceof NodeError && error.code !== 'unreachable') return false;
      throw error;
    }
  }

  async #delete(key: string): Promise<void> {
    // Out of the index first: nothing may be shown or signed for while the provider deletes it.
    this.#bytes -= this.#held.get(key) ?? 0;
    this.#held.delete(key);
    await this.#options.bucket.remove(key);
    await this.#options.bucket.remove(leaseKey(key));
  }

  /** Takes room before the bytes are sent, so that parallel puts cannot exceed the quota together. */
  #reserve(bytes: number): void {
    const { quotaBytes } = this.#options;
    if (this.#bytes + bytes > quotaBytes)
      throw new NodeError('disk-full', { what: `${bytes} more bytes exceed the quota of ${quotaBytes}` });
    this.#bytes += bytes;
  }

  #count(key: string, bytes: number): void {
    this.#bytes += bytes - (this.#held.get(key) ?? 0);
    this.#held.set(key, bytes);
  }

  #leaseEnd(): number {
    return this.#options.committee().epoch + (this.#options.leaseEpochs ?? LEASE_EPOCHS);
  }
}

function missing(what: string): NodeError {
  return new NodeError('not-found', { what: `this node does not hold ${what}` });
}
