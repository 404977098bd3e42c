/** A pack: the unit of coding. Its id commits to the root of every shard, parity included. */
import { concat, fromUtf8, hex, sha256, utf8 } from '@assay/core';
import { le, readLe } from '../bytes.ts';
import { FormatError } from '../errors.ts';

const TAG = utf8('ain.pack.v1');
const FIXED = TAG.length + 1 + 2 + 2 + 4 + 8;
/** Largest shard, and so the largest body a node takes at once. */
export const MAX_SHARD_BYTES = 16 * 1_048_576;
/** Shards are padded to this, so that every kernel works in whole steps. */
export const SHARD_STEP = 64;

/** How a pack's shards relate: Reed–Solomon of `codec/reed-solomon.ts`, or the same bytes everywhere. */
export const CODEC = { replicate: 0, cauchy: 1 } as const;

export interface PackHeader {
  readonly codec: 0 | 1;
  readonly k: number;
  readonly n: number;
  readonly shardLen: number;
  /** Payload bytes; the rest of the data shards is zero. */
  readonly packLen: number;
  /** Merkle roots of shards 0…n−1. */
  readonly roots: readonly Uint8Array[];
}

/** Shard length for a payload: an equal share of it, padded. */
export function shardLength(packLen: number, k: number): number {
  return Math.max(SHARD_STEP, Math.ceil(packLen / k / SHARD_STEP) * SHARD_STEP);
}

/** `"ain.pack.v1" ‖ codec u8 ‖ k u16 ‖ n u16 ‖ shardLen u32 ‖ packLen u64 ‖ roots`, little-endian. */
export function encodePackHeader(header: PackHeader): Uint8Array {
  const { codec, k, n, shardLen, packLen, roots } = header;
  return concat(TAG, le(codec, 1), le(k, 2), le(n, 2), le(shardLen, 4), le(packLen, 8), ...roots);
}

/** How many of these bytes are the header that they begin with, by its own count of roots. */
export function packHeaderBytes(bytes: Uint8Array): number {
  return FIXED + 32 * readLe(bytes, TAG.length + 3, 2);
}

/** SHA-256 of the header's bytes. */
export function packId(header: PackHeader): Uint8Array {
  return sha256(encodePackHeader(header));
}

/** The header of exactly these bytes. @throws FormatError `pack` when a field is out of range or the length is off */
export function decodePackHeader(bytes: Uint8Array): PackHeader {
  if (bytes.length < FIXED || hex(bytes.subarray(0, TAG.length)) !== hex(TAG)) {
    throw bad(`${bytes.length} bytes do not begin with "${fromUtf8(TAG)}"`);
  }
  const at = TAG.length;
  const codec = readLe(bytes, at, 1);
  const k = readLe(bytes, at + 1, 2);
  const n = readLe(bytes, at + 3, 2);
  const shardLen = readLe(bytes, at + 5, 4);
  const packLen = readLe(bytes, at + 9, 8);
  if (codec > 1 || k < 1 || n < k || n > 255) throw bad(`codec ${codec}, ${k} of ${n} is not a code`);
  if (shardLen > MAX_SHARD_BYTES || shardLen !== shardLength(packLen, k)) {
    throw bad(`shards of ${shardLen} bytes do not hold a pack of ${packLen}`);
  }
  if (bytes.length !== FIXED + 32 * n) throw bad(`${bytes.length} bytes are not a header of ${n} roots`);
  const roots = Array.from({ length: n }, (_, i) => bytes.subarray(FIXED + 32 * i, FIXED + 32 * (i + 1)));
  if (
    codec === CODEC.replicate &&
    (k !== 1 || roots.some((root) => hex(root) !== hex(roots[0] as Uint8Array)))
  ) {
    throw bad('a replicated pack has one root');
  }
  return { codec: codec as 0 | 1, k, n, shardLen, packLen, roots };
}

function bad(what: string): FormatError {
  return new FormatError('pack', { what });
}
