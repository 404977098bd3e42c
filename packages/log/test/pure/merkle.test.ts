import { readFileSync } from 'node:fs';
import { fromHex, hex, sha256 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CompactRange,
  consistencyNodes,
  consistencyProof,
  emptyRoot,
  inclusionNodes,
  inclusionProof,
  leafHash,
  ProofError,
  rootFromLeaves,
  rootNodes,
  splitPoint,
  treeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../../src/index.ts';
import { flip, TestTree } from './tree.ts';

const tree = new TestTree(66_000);
const BOUNDARIES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537];
const sizes = fc.oneof(
  fc.constantFrom(...BOUNDARIES),
  fc.integer({ min: 1, max: 700 }),
  fc.integer({ min: 1, max: 66_000 }),
);

const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof ProofError ? error.code : error;
  }
  return 'accepted';
};

/** RFC 6962 §2.1.1, as the RFC writes it. */
function path(m: number, leaves: Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = splitPoint(leaves.length);
  return m < k
    ? [...path(m, leaves.slice(0, k)), rootFromLeaves(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), rootFromLeaves(leaves.slice(0, k))];
}

/** RFC 6962 §2.1.2, as the RFC writes it. */
function subproof(m: number, leaves: Uint8Array[], b: boolean): Uint8Array[] {
  if (m === leaves.length) return b ? [] : [rootFromLeaves(leaves)];
  const k = splitPoint(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), b), rootFromLeaves(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), rootFromLeaves(leaves.slice(0, k))];
}

describe('RFC 6962 §2.1: the tree', () => {
  const vector = JSON.parse(readFileSync('vectors/log/tree-heads.json', 'utf8')) as {
    leaves: string[];
    emptyRoot: string;
    roots: string[];
  };

  it('has the published roots', () => {
    const leaves = vector.leaves.map((leaf) => leafHash(fromHex(leaf)));
    expect(hex(emptyRoot())).toBe(vector.emptyRoot);
    expect(leaves.map((_, i) => hex(rootFromLeaves(leaves.slice(0, i + 1))))).toEqual(vector.roots);
  });

  it('has one root by definition, by appending and from stored nodes, at every size to 600', () => {
    for (let size = 0; size <= 600; size++) {
      const root = hex(rootFromLeaves(tree.leaves.slice(0, size)));
      expect(hex(tree.root(size))).toBe(root);
      expect(hex(treeRoot(size, tree.node))).toBe(root);
    }
  });

  it.each(BOUNDARIES)('has that root at size %i', (size) => {
    expect(hex(treeRoot(size, tree.node))).toBe(hex(rootFromLeaves(tree.leaves.slice(0, size))));
    expect(hex(tree.root(size))).toBe(hex(treeRoot(size, tree.node)));
  });

  it('splits at the largest power of two below n, also near 2^53', () => {
    expect([2, 3, 4, 5, 8, 9, 2 ** 52, 2 ** 52 + 1, 2 ** 53 - 1].map(splitPoint)).toEqual([
      1,
      2,
      2,
      4,
      4,
      8,
      2 ** 51,
      2 ** 52,
      2 ** 52,
    ]);
  });

  it('a compact range continues from its peaks, and refuses the wrong number of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (first, more) => {
        const range = new CompactRange();
        for (const leaf of tree.leaves.slice(0, first)) range.append(leaf);
        const resumed = CompactRange.from(first, range.peaks);
        for (const leaf of tree.leaves.slice(first, first + more)) resumed.append(leaf);
        expect(resumed.size).toBe(first + more);
        expect(hex(resumed.root())).toBe(hex(tree.root(first + more)));
        expect(range.size).toBe(first);
      }),
    );
    expect(codeOf(() => CompactRange.from(3, [sha256(new Uint8Array(1))]))).toBe('length');
  });
});

describe('RFC 6962 §2.1.1: inclusion', () => {
  it('is PATH as the RFC defines it, for every leaf of every tree to 70', () => {
    for (let size = 1; size <= 70; size++) {
      for (let index = 0; index < size; index++) {
        const wanted = path(index, tree.leaves.slice(0, size)).map(hex);
        expect(inclusionProof(index, size, tree.node).map(hex)).toEqual(wanted);
      }
    }
  });

  it('verifies for any leaf of any tree, with safe integers and with bigints', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.boolean(), (size, at, big) => {
        const index = at % size;
        const proof = inclusionProof(index, size, tree.node);
        const numbers = big ? { index: BigInt(index), size: BigInt(size) } : { index, size };
        verifyInclusion({
          leafHash: tree.leaves[index] as Uint8Array,
          ...numbers,
          root: tree.root(size),
          proof,
        });
        expect(inclusionNodes(index, size).length).toBeGreaterThanOrEqual(proof.length);
      }),
    );
  });

  it('refuses every bent proof: a flipped bit, one hash more or less, two swapped, another leaf, index, size or root', () => {
    fc.assert(
      fc.property(
        sizes.filter((size) => size > 1),
        fc.nat(),
        fc.nat(),
        (size, at, bit) => {
          const index = at % size;
          const proof = inclusionProof(index, size, tree.node);
          const leaf = tree.leaves[index] as Uint8Array;
          const root = tree.root(size);
          const claim = { leafHash: leaf, index, size, root, proof };
          const refused = (change: Partial<typeof claim>): void => {
            expect(codeOf(() => verifyInclusion({ ...claim, ...change }))).toMatch(
              /^(?:length|root-mismatch|range)$/,
            );
          };
          const bent = bit % proof.length;
          refused({ proof: proof.with(bent, flip(proof[bent] as Uint8Array, bit % 256)) });
          refused({ proof: proof.slice(1) });
          refused({ proof: proof.slice(0, -1) });
          refused({ proof: [...proof, leaf] });
          refused({ proof: [leaf, ...proof] });
          refused({ leafHash: flip(leaf, bit % 256) });
          refused({ root: flip(root, bit % 256) });
          refused({ index: (index + 1) % size });
          refused({ size: size * 2 + 1 });
          if (proof.length > 1) refused({ proof: [proof[1], proof[0], ...proof.slice(2)] as Uint8Array[] });
        },
      ),
    );
  });

  it('refuses indices and sizes that are no such thing', () => {
    const claim = {
      leafHash: tree.leaves[0] as Uint8Array,
      index: 0,
      size: 1,
      root: tree.root(1),
      proof: [],
    };
    verifyInclusion(claim);
    const bad: [number | bigint, number | bigint][] = [
      [1, 1],
      [0, 0],
      [-1, 1],
      [0, -1],
      [0.5, 1],
      [0, 1.5],
      [Number.NaN, 1],
      [2 ** 53, 2 ** 54],
      [2n ** 64n - 1n, 1n],
      [-1n, 1n],
    ];
    for (const [index, size] of bad)
      expect(codeOf(() => verifyInclusion({ ...claim, index, size }))).toBe('range');
    expect(codeOf(() => verifyInclusion({ ...claim, leafHash: new Uint8Array(31) }))).toBe('length');
    expect(codeOf(() => inclusionProof(5, 5, tree.node))).toBe('range');
    expect(codeOf(() => inclusionProof(-1, 5, tree.node))).toBe('range');
  });
});

describe('RFC 6962 §2.1.2: consistency', () => {
  it('is PROOF as the RFC defines it, for every pair of sizes to 70', () => {
    for (let size = 1; size <= 70; size++) {
      for (let old = 1; old <= size; old++) {
        const wanted = subproof(old, tree.leaves.slice(0, size), true).map(hex);
        expect(consistencyProof(old, size, tree.node).map(hex)).toEqual(wanted);
      }
    }
  });

  it('verifies for any two sizes', () => {
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [oldSize, size] = [Math.min(a, b), Math.max(a, b)];
        const proof = consistencyProof(oldSize, size, tree.node);
        verifyConsistency({ oldSize, oldRoot: tree.root(oldSize), size, root: tree.root(size), proof });
        expect(consistencyNodes(oldSize, size).length).toBeGreaterThanOrEqual(proof.length);
      }),
    );
  });

  it('refuses every bent proof', () => {
    fc.assert(
      fc.property(sizes, sizes, fc.nat(), (a, b, bit) => {
        fc.pre(a !== b);
        const [oldSize, size] = [Math.min(a, b), Math.max(a, b)];
        const proof = consistencyProof(oldSize, size, tree.node);
        const claim = { oldSize, oldRoot: tree.root(oldSize), size, root: tree.root(size), proof };
        const refused = (change: Partial<typeof claim>): void => {
          expect(codeOf(() => verifyConsistency({ ...claim, ...change }))).toMatch(
            /^(?:length|root-mismatch|range)$/,
          );
        };
        const bent = bit % proof.length;
        refused({ proof: proof.with(bent, flip(proof[bent] as Uint8Array, bit % 256)) });
        refused({ proof: proof.slice(1) });
        refused({ proof: proof.slice(0, -1) });
        refused({ proof: [...proof, tree.root(1)] });
        refused({ oldRoot: flip(claim.oldRoot, bit % 256) });
        refused({ root: flip(claim.root, bit % 256) });
        refused({ oldRoot: claim.root, root: claim.oldRoot });
        refused({ oldSize: size, size: oldSize });
      }),
    );
  });

  it('from the empty tree needs no proof, and only the empty root', () => {
    const claim = {
      oldSize: 0,
      oldRoot: emptyRoot(),
      size: 5,
      root: tree.root(5),
      proof: [] as Uint8Array[],
    };
    verifyConsistency(claim);
    expect(codeOf(() => verifyConsistency({ ...claim, oldRoot: tree.root(1) }))).toBe('root-mismatch');
    expect(codeOf(() => verifyConsistency({ ...claim, proof: [tree.root(1)] }))).toBe('length');
    expect(codeOf(() => verifyConsistency({ ...claim, size: 0 }))).toBe('root-mismatch');
    expect(consistencyProof(0, 5, tree.node)).toEqual([]);
    expect(codeOf(() => consistencyProof(6, 5, tree.node))).toBe('range');
    expect(rootNodes(0)).toEqual([]);
  });
});
