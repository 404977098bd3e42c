/** Merkle tree hashing (RFC 6962 §2.1): leaves, nodes, the empty tree, and the definition of a root. */
import { concat, sha256 } from '@assay/core';

/** Bytes of every hash in the tree. */
export const HASH_BYTES = 32;

/** MTH({}) = SHA-256(""). */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0));
}

// Buffers for all calls: hashing is synchronous, and these two are the hottest functions of the log.
const leaf = new Uint8Array(1 + 0xffff);
leaf[0] = 0x00;
const pair = new Uint8Array(1 + 2 * HASH_BYTES);
pair[0] = 0x01;

/** Leaf hash: SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  // No entry bundle can carry more; but anybody may ask for the hash of anything.
  if (entry.length >= leaf.length) return sha256(concat(leaf.subarray(0, 1), entry));
  leaf.set(entry, 1);
  return sha256(leaf.subarray(0, 1 + entry.length));
}

/** Interior hash: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}

/** The largest power of two below `n`, for n ≥ 2: where RFC 6962 splits a tree of `n` leaves. */
export function splitPoint(n: number): number {
  let k = 2 ** Math.floor(Math.log2(n));
  // log2 rounds near 2^53; one step either way makes it exact.
  while (k >= n) k /= 2;
  while (k * 2 < n) k *= 2;
  return k;
}

/** The root by its definition, from all leaf hashes: slow and plainly right, what everything else is tested against. */
export function rootFromLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return emptyRoot();
  if (leaves.length === 1) return first;
  const k = splitPoint(leaves.length);
  return nodeHash(rootFromLeaves(leaves.slice(0, k)), rootFromLeaves(leaves.slice(k)));
}
