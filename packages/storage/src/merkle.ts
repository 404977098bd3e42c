/** The Merkle tree of a shard: 64 KiB leaves, RFC 6962 §2.1 hashing, and proofs for a run of leaves. */
import { equal, sha256 } from '@assay/core/bytes';
import { FormatError } from './errors.ts';

/** Bytes of a leaf; the last leaf of a shard may be shorter. */
export const LEAF_BYTES = 65_536;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** A run of leaves, `to` exclusive. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** How many leaves a shard of `bytes` has; an empty shard has one empty leaf. */
export function leafCount(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / LEAF_BYTES));
}

/** RFC 6962 leaf hash. */
export function hashLeaf(bytes: Uint8Array): Uint8Array {
  return sha256(LEAF, bytes);
}

/** Leaf hashes of a shard, or of a run of its leaves. */
export function hashLeaves(bytes: Uint8Array): Uint8Array[] {
  const count = leafCount(bytes.length);
  return Array.from({ length: count }, (_, i) =>
    hashLeaf(bytes.subarray(i * LEAF_BYTES, (i + 1) * LEAF_BYTES)),
  );
}

/** Root over leaf hashes `from`…`to`; of none, the hash of nothing (RFC 6962 §2.1). */
export function treeRoot(leaves: readonly Uint8Array[], from = 0, to = leaves.length): Uint8Array {
  if (to === from) return sha256(new Uint8Array(0));
  if (to - from === 1) return leaves[from] as Uint8Array;
  const split = from + splitBelow(to - from);
  return sha256(NODE, treeRoot(leaves, from, split), treeRoot(leaves, split, to));
}

/** The commitment to a shard that its pack's id covers. */
export function shardRoot(bytes: Uint8Array): Uint8Array {
  return treeRoot(hashLeaves(bytes));
}

/** The hashes, in depth-first order, that lead from the leaves of `range` to the root. */
export function proveRange(leaves: readonly Uint8Array[], range: LeafRange): Uint8Array[] {
  const proof: Uint8Array[] = [];
  const walk = (from: number, to: number): void => {
    if (to <= range.from || from >= range.to) proof.push(treeRoot(leaves, from, to));
    else if (to - from > 1) {
      const split = from + splitBelow(to - from);
      walk(from, split);
      walk(split, to);
    }
  };
  walk(0, leaves.length);
  return proof;
}

/** A proof that leaves stand in a tree of `count` leaves. */
export interface RangeProof {
  readonly count: number;
  readonly range: LeafRange;
  /** Hashes of the leaves in `range`. */
  readonly leaves: readonly Uint8Array[];
  readonly proof: readonly Uint8Array[];
}

/** Root that follows from a range proof. @throws FormatError `range` when the proof has the wrong shape */
export function rangeRoot({ count, range, leaves, proof }: RangeProof): Uint8Array {
  const sane = 0 <= range.from && range.from < range.to && range.to <= count;
  if (!sane || leaves.length !== range.to - range.from) throw badProof(range, count);
  let used = 0;
  const walk = (from: number, to: number): Uint8Array => {
    if (to <= range.from || from >= range.to) return proof[used++] ?? raise(badProof(range, count));
    if (to - from === 1) return leaves[from - range.from] as Uint8Array;
    const split = from + splitBelow(to - from);
    const left = walk(from, split);
    return sha256(NODE, left, walk(split, to));
  };
  const root = walk(0, count);
  if (used !== proof.length) throw badProof(range, count);
  return root;
}

/** Whether `bytes` are exactly the leaves `range` of the shard of `shardBytes` committed to by `root`. */
export function verifyLeaves(
  bytes: Uint8Array,
  claim: { root: Uint8Array; shardBytes: number; range: LeafRange; proof: readonly Uint8Array[] },
): boolean {
  const { root, shardBytes, range, proof } = claim;
  const count = leafCount(shardBytes);
  if (range.from < 0 || range.to > count || range.from >= range.to) return false;
  const expected = Math.min(range.to * LEAF_BYTES, shardBytes) - range.from * LEAF_BYTES;
  // A log2(count) bound per edge of the run: longer proofs are hostile, and would be walked for nothing.
  if (bytes.length !== expected || proof.length > 128) return false;
  try {
    return equal(rangeRoot({ count, range, leaves: hashLeaves(bytes), proof }), root);
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

// RFC 6962 §2.1: the largest power of two below n.
function splitBelow(n: number): number {
  let split = 1;
  while (split * 2 < n) split *= 2;
  return split;
}

function badProof(range: LeafRange, count: number): FormatError {
  return new FormatError('range', {
    what: `the proof for leaves ${range.from}…${range.to} of ${count} does not fit`,
  });
}

function raise(error: Error): never {
  throw error;
}
