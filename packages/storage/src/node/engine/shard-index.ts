/** What a node holds, in memory: shards by (pack, index), manifest pages by digest, live bytes per segment. */
import { hex } from '@assay/core';
import type { RecordPlace } from './log.ts';
import { recordSpan } from './record.ts';

/** A shard the node holds, and until when it must. */
export interface HeldShard {
  readonly place: RecordPlace;
  leaseEnd: number;
}

export class ShardIndex {
  readonly #shards = new Map<string, HeldShard>();
  readonly #pages = new Map<string, string>();
  readonly #live = new Map<number, number>();
  #bytes = 0;

  static key(packId: Uint8Array, index: number): string {
    return `${hex(packId)}/${index}`;
  }

  /** Bytes of all bodies held: what the quota counts. */
  get bytes(): number {
    return this.#bytes;
  }

  get(packId: Uint8Array, index: number): HeldShard | undefined {
    return this.#shards.get(ShardIndex.key(packId, index));
  }

  /** The shard whose bytes are the manifest page with this digest. */
  page(digest: Uint8Array): HeldShard | undefined {
    return this.#shards.get(this.#pages.get(hex(digest)) ?? '');
  }

  all(): HeldShard[] {
    return [...this.#shards.values()];
  }

  /** Adds a shard, or moves it to a newer record. `page` is the digest of a replicated pack's bytes. */
  add(place: RecordPlace, page?: Uint8Array): void {
    const leaseEnd = Math.max(place.leaseEnd, this.get(place.packId, place.index)?.leaseEnd ?? 0);
    this.remove(place.packId, place.index);
    const key = ShardIndex.key(place.packId, place.index);
    this.#shards.set(key, { place, leaseEnd });
    if (page !== undefined) this.#pages.set(hex(page), key);
    this.#count(place, 1);
  }

  remove(packId: Uint8Array, index: number): void {
    const key = ShardIndex.key(packId, index);
    const held = this.#shards.get(key);
    if (held === undefined) return;
    this.#shards.delete(key);
    this.#count(held.place, -1);
  }

  /** Bytes of a segment that live records take. */
  liveBytes(segment: number): number {
    return this.#live.get(segment) ?? 0;
  }

  #count(place: RecordPlace, sign: 1 | -1): void {
    this.#bytes += sign * place.bodyLength;
    this.#live.set(place.segment, this.liveBytes(place.segment) + sign * recordSpan(place));
  }
}
