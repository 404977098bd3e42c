/** One record of a node's log: a fixed header under a checksum, the pack header it belongs to, and the body. */
import { crc32 } from 'node:zlib';
import { concat, fromHex } from '@assay/core';
import { le, readLe } from '../../bytes.ts';

const MAGIC = fromHex('41494e31'); // "AIN1"
/** Fixed header: magic 4, kind 1, zero 1, index 2, meta 4, body 4, seq 8, lease 8, id 32, crcs 4 + 4. */
export const HEADER_BYTES = 72;
const ALIGN = 8;
/** No file system or disk of today asks for larger blocks. */
export const BLOCK_BYTES = 4_096;

/**
 * Of `shard` the checksum covers the meta alone: the pack header in it commits to the body, and a root is both stronger
 * than a CRC-32 and computed already. `checkedShard` is the same with a checksum over both, as nodes wrote it before.
 */
export const KIND = {
  checkedShard: 1,
  tombstone: 2,
  boot: 3,
  lease: 4,
  hold: 5,
  shard: 6,
  /** Nothing: it lies before a record so that the body of that begins at a block. */
  filler: 7,
} as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** What a record says, without its bytes. */
export interface RecordHead {
  readonly kind: Kind;
  /** Shard index within the pack. */
  readonly index: number;
  readonly seq: number;
  /** Epoch before which the shard may not be deleted. */
  readonly leaseEnd: number;
  readonly packId: Uint8Array;
  readonly metaLength: number;
  readonly bodyLength: number;
}

export interface LogRecord extends Pick<RecordHead, 'kind' | 'index' | 'leaseEnd' | 'packId'> {
  readonly meta: Uint8Array;
  readonly body: Uint8Array;
}

/** Whether a record is a shard's. */
export function isShard(kind: Kind): boolean {
  return kind === KIND.shard || kind === KIND.checkedShard;
}

/** Bytes a record takes in its segment. */
export function recordBytes({ meta, body }: Pick<LogRecord, 'meta' | 'body'>): number {
  return spanOf(meta.length, body.length);
}

/** Bytes from this record to the next. */
export function recordSpan({ metaLength, bodyLength }: RecordHead): number {
  return spanOf(metaLength, bodyLength);
}

const spanOf = (meta: number, body: number): number =>
  Math.ceil((HEADER_BYTES + meta + body) / ALIGN) * ALIGN;

/** Bodies from here on begin at a block: a disk takes them from where they lie. Smaller ones are not worth the gap. */
export const LARGE_BODY = 65_536;

/** The filler that must precede a record written at `offset`; undefined when there is no need. */
export function fillerBefore(record: LogRecord, offset: number): LogRecord | undefined {
  const bodyAt = offset + HEADER_BYTES + record.meta.length;
  if (record.body.length < LARGE_BODY || bodyAt % BLOCK_BYTES === 0 || bodyAt % ALIGN !== 0) return undefined;
  const gap = BLOCK_BYTES - (bodyAt % BLOCK_BYTES);
  const length = (gap < HEADER_BYTES ? gap + BLOCK_BYTES : gap) - HEADER_BYTES;
  const meta = new Uint8Array(0);
  return {
    kind: KIND.filler,
    index: 0,
    leaseEnd: 0,
    packId: new Uint8Array(32),
    meta,
    body: new Uint8Array(length),
  };
}

/** The parts to write: the body itself is not copied. */
export function encodeRecord(record: LogRecord, seq: number): Uint8Array[] {
  const { kind, index, leaseEnd, packId, meta, body } = record;
  const contentCrc = kind === KIND.shard ? crc32(meta) : crc32(body, crc32(meta));
  const lengths = concat(le(meta.length, 4), le(body.length, 4));
  const fields = concat(
    MAGIC,
    le(kind, 1),
    le(0, 1),
    le(index, 2),
    lengths,
    le(seq, 8),
    le(leaseEnd, 8),
    packId,
  );
  const head = concat(fields, le(contentCrc, 4));
  const padding = new Uint8Array(recordBytes(record) - HEADER_BYTES - meta.length - body.length);
  return [head, le(crc32(head), 4), meta, body, padding];
}

/** The header at the start of `bytes`, or undefined when there is none that is whole. */
export function decodeHead(bytes: Uint8Array): (RecordHead & { readonly contentCrc: number }) | undefined {
  if (bytes.length < HEADER_BYTES || crc32(bytes.subarray(0, 68)) !== readLe(bytes, 68, 4)) return undefined;
  if (readLe(bytes, 0, 4) !== readLe(MAGIC, 0, 4)) return undefined;
  return {
    kind: readLe(bytes, 4, 1) as Kind,
    index: readLe(bytes, 6, 2),
    metaLength: readLe(bytes, 8, 4),
    bodyLength: readLe(bytes, 12, 4),
    seq: readLe(bytes, 16, 8),
    leaseEnd: readLe(bytes, 24, 8),
    packId: Uint8Array.from(bytes.subarray(32, 64)),
    contentCrc: readLe(bytes, 64, 4),
  };
}
