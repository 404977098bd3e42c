/** The Merkle tree, against the folding rule of OpenZeppelin's MerkleProof written out with viem. */
import fc from 'fast-check';
import { concat, type Hex, keccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import { evmHex, merkleProof, merkleRoot, verifyMerkleProof } from '../../src/money/index.ts';

const leavesOf = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 33 });

/** MerkleProof.processProof: hash the running value with each sibling, the smaller first. */
const processProof = (leaf: Hex, proof: readonly Hex[]): Hex =>
  proof.reduce(
    (at, sibling) => keccak256(BigInt(at) < BigInt(sibling) ? concat([at, sibling]) : concat([sibling, at])),
    leaf,
  );

describe('OpenZeppelin MerkleProof', () => {
  it('accepts the proof of every leaf, and none for another leaf', () => {
    fc.assert(
      fc.property(leavesOf, (leaves) => {
        const root = merkleRoot(leaves);
        leaves.forEach((leaf, index) => {
          const proof = merkleProof(leaves, index);
          expect(processProof(evmHex(leaf), proof.map(evmHex))).toBe(evmHex(root));
          expect(verifyMerkleProof(root, leaf, proof)).toBe(true);
          const other = leaf.map((byte) => byte ^ 1);
          expect(verifyMerkleProof(root, other, proof)).toBe(false);
        });
      }),
    );
  });

  it('a single leaf is its own root; no leaf has none', () => {
    const leaf = new Uint8Array(32).fill(7);
    expect(merkleRoot([leaf])).toEqual(leaf);
    expect(() => merkleRoot([])).toThrow(/range/);
    expect(() => merkleProof([leaf], 1)).toThrow(/range/);
  });
});
