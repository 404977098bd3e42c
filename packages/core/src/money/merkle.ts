/** OpenZeppelin's Merkle tree: pairs sorted before they are hashed, so that a proof needs no directions. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { compareBytes, concat, equal } from '../bytes.ts';
import { MoneyError } from './money-error.ts';

const pair = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  keccak_256(compareBytes(a, b) < 0 ? concat(a, b) : concat(b, a));

/** Every level of the tree over `leaves` in their given order, the leaves first; a node without a sibling moves up. */
function levels(leaves: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const all: Uint8Array[][] = [[...leaves]];
  for (let level = all[0] as Uint8Array[]; level.length > 1;) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      next.push(right === undefined ? (level[i] as Uint8Array) : pair(level[i] as Uint8Array, right));
    }
    all.push(next);
    level = next;
  }
  return all;
}

/** The root over `leaves`. @throws MoneyError `range` for none: nothing has no root */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const root = levels(leaves).at(-1)?.[0];
  if (root === undefined) throw new MoneyError('range', { what: 'a Merkle tree needs at least one leaf' });
  return root;
}

/** The siblings from leaf `index` up to the root. @throws MoneyError `range` when there is no such leaf */
export function merkleProof(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= leaves.length) {
    throw new MoneyError('range', { what: `there is no leaf ${index} of ${leaves.length}` });
  }
  const proof: Uint8Array[] = [];
  let at = index;
  for (const level of levels(leaves).slice(0, -1)) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) proof.push(sibling);
    at >>= 1;
  }
  return proof;
}

/** Whether `leaf` is under `root`, as OpenZeppelin's MerkleProof.verify judges it. */
export function verifyMerkleProof(root: Uint8Array, leaf: Uint8Array, proof: readonly Uint8Array[]): boolean {
  return equal(proof.reduce(pair, leaf), root);
}
