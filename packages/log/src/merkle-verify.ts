/** Checking inclusion and consistency proofs (RFC 9162 §2.1.3.2, §2.1.4.2; the same trees as RFC 6962). */
import { equal, hex } from '@assay/core';
import { ProofError } from './errors.ts';
import { emptyRoot, HASH_BYTES, nodeHash } from './merkle.ts';

/** A leaf index or tree size. Both come from strangers, so they may be beyond the safe integers. */
export type TreeNumber = number | bigint;

export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: TreeNumber;
  readonly size: TreeNumber;
  readonly root: Uint8Array;
  /** Leaf sibling first. */
  readonly proof: readonly Uint8Array[];
}

export interface ConsistencyClaim {
  readonly oldSize: TreeNumber;
  readonly oldRoot: Uint8Array;
  readonly size: TreeNumber;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Checks that `leafHash` is leaf `index` of the tree of `size` leaves with this root.
 *
 * @throws ProofError `range` | `length` | `root-mismatch`
 */
export function verifyInclusion(claim: InclusionClaim): void {
  const root = rootFromInclusion(claim);
  if (!equal(root, claim.root)) throw mismatch(`leaf ${claim.index} of ${claim.size}`, root, claim.root);
}

/**
 * The root that an inclusion proof leads to; it proves nothing until that root is a trusted one.
 *
 * @throws ProofError `range` | `length`
 */
export function rootFromInclusion(claim: Omit<InclusionClaim, 'root'>): Uint8Array {
  const index = treeNumber(claim.index, 'index');
  const size = treeNumber(claim.size, 'size');
  // Both are attacker-controlled: compare before subtracting.
  if (index >= size) throw new ProofError('range', { what: `a tree of ${size} leaves has no leaf ${index}` });
  checkHashes([claim.leafHash, ...claim.proof]);
  let at = index;
  let last = size - 1n;
  let hash = claim.leafHash;
  for (const sibling of claim.proof) {
    if (last === 0n) throw wrongLength(claim.proof.length);
    if (at % 2n === 1n || at === last) {
      hash = nodeHash(sibling, hash);
      // A node on the right edge without a right sibling is carried up unhashed to where it is a right child.
      while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [at / 2n, last / 2n];
  }
  if (last !== 0n) throw wrongLength(claim.proof.length);
  return hash;
}

/**
 * Checks that the tree of `size` leaves is the tree of `oldSize` leaves with more appended.
 *
 * @throws ProofError `range` | `length` | `root-mismatch`
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const oldSize = treeNumber(claim.oldSize, 'old size');
  const size = treeNumber(claim.size, 'size');
  if (oldSize > size)
    throw new ProofError('range', { what: `a tree of ${size} leaves has no prefix of ${oldSize}` });
  // Equal sizes only compare the roots as they stand; everything else hashes or keeps them.
  if (oldSize !== size) checkHashes([claim.oldRoot, claim.root, ...claim.proof]);
  const where = `consistency of ${oldSize} with ${size}`;
  if (oldSize === 0n || oldSize === size) {
    if (claim.proof.length !== 0) throw wrongLength(claim.proof.length);
    const expected = oldSize === 0n ? emptyRoot() : claim.root;
    if (!equal(claim.oldRoot, expected)) throw mismatch(where, expected, claim.oldRoot);
    if (size === 0n && !equal(claim.root, expected)) throw mismatch(where, expected, claim.root);
    return;
  }
  const roots = rootsFromConsistency(claim, oldSize, size);
  if (!equal(roots.old, claim.oldRoot)) throw mismatch(where, roots.old, claim.oldRoot);
  if (!equal(roots.new, claim.root)) throw mismatch(where, roots.new, claim.root);
}

/** RFC 9162 §2.1.4.2 steps 2 to 7, for 0 < oldSize < size. */
function rootsFromConsistency(
  claim: ConsistencyClaim,
  oldSize: bigint,
  size: bigint,
): { old: Uint8Array; new: Uint8Array } {
  const complete = (oldSize & (oldSize - 1n)) === 0n;
  // The old root itself starts the proof when it is one complete subtree; the prover leaves it out.
  const [seed, ...rest] = complete ? [claim.oldRoot, ...claim.proof] : claim.proof;
  if (seed === undefined || claim.proof.length === 0) throw wrongLength(claim.proof.length);
  let [at, last] = [oldSize - 1n, size - 1n];
  while (at % 2n === 1n) [at, last] = [at / 2n, last / 2n];
  let [oldHash, newHash] = [seed, seed];
  for (const sibling of rest) {
    if (last === 0n) throw wrongLength(claim.proof.length);
    if (at % 2n === 1n || at === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (at % 2n === 0n && at !== 0n) [at, last] = [at / 2n, last / 2n];
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    [at, last] = [at / 2n, last / 2n];
  }
  if (last !== 0n) throw wrongLength(claim.proof.length);
  return { old: oldHash, new: newHash };
}

function treeNumber(value: TreeNumber, what: string): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new ProofError('range', { what: `${what} ${value} is not a safe integer` });
  }
  if (value < 0) throw new ProofError('range', { what: `${what} ${value} is negative` });
  return BigInt(value);
}

function checkHashes(hashes: readonly Uint8Array[]): void {
  const bad = hashes.find((hash) => hash.length !== HASH_BYTES);
  if (bad !== undefined)
    throw new ProofError('length', { what: `a hash has ${bad.length} bytes, not ${HASH_BYTES}` });
}

const wrongLength = (length: number): ProofError =>
  new ProofError('length', { what: `${length} hashes are not what a proof for these sizes has` });
const mismatch = (where: string, got: Uint8Array, want: Uint8Array): ProofError =>
  new ProofError('root-mismatch', { what: `the proof leads to ${hex(got)}, not to ${hex(want)}`, where });
