import { concat, fromUtf8, hex, utf8 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cosign,
  formatTlogProof,
  inclusionProof,
  parseNote,
  parsePolicy,
  parseTlogProof,
  PolicyError,
  ProofError,
  signCheckpoint,
  type TlogProof,
  verifyTlogProof,
} from '../../src/index.ts';
import { logKey, ORIGIN, policyText, witness } from './keys.ts';
import { flip, TestTree } from './tree.ts';

const tree = new TestTree(600);
const policy = parsePolicy(policyText(4, 3));
const codeOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof ProofError || error instanceof PolicyError ? error.code : error;
  }
  return 'accepted';
};

function proofOf(index: number, size: number, extra?: Uint8Array): TlogProof {
  const note = signCheckpoint({ origin: ORIGIN, size, root: tree.root(size) }, [logKey], 0);
  const lines = [1, 2, 3].map((n) => utf8(cosign(parseNote(note), witness(n), 1_700_000_000 + n)));
  const hashes = inclusionProof(index, size, tree.node);
  return { index, hashes, checkpoint: concat(note, ...lines), ...(extra === undefined ? {} : { extra }) };
}

describe('tlog-proof: the file', () => {
  it('comes back, with and without extra data, and with no hash at all', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.nat(),
        fc.option(fc.uint8Array({ maxLength: 50 }), { nil: undefined }),
        (size, at, extra) => {
          const proof = proofOf(at % size, size, extra);
          const bytes = formatTlogProof(proof);
          const back = parseTlogProof(bytes);
          expect(hex(formatTlogProof(back))).toBe(hex(bytes));
          expect(back.hashes.map(hex)).toEqual(proof.hashes.map(hex));
          expect(back.extra === undefined ? undefined : hex(back.extra)).toBe(
            extra === undefined ? undefined : hex(extra),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has the lines of the specification, in their order', () => {
    const lines = fromUtf8(formatTlogProof(proofOf(1, 2, utf8('x')))).split('\n');
    expect(lines.slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra eA==', 'index 1']);
    expect(lines.slice(4, 7)).toEqual(['', ORIGIN, '2']);
  });

  const good = fromUtf8(formatTlogProof(proofOf(3, 9)));
  it.each([
    ['another version', good.replace('@v1', '@v2')],
    ['no index', good.replace('index 3\n', '')],
    ['a leading zero', good.replace('index 3', 'index 03')],
    ['a negative index', good.replace('index 3', 'index -3')],
    ['an index over 2^53', good.replace('index 3', 'index 9007199254740993')],
    ['extra after the index', good.replace('index 3', 'index 3\nextra eA==')],
    ['extra that is not base64', good.replace('index 3', 'extra e\nindex 3')],
    ['a short hash', good.replace('index 3\n', 'index 3\nAAAA\n')],
    ['no empty line', good.replaceAll('\n\n', '\n')],
    [
      '64 hashes',
      good.replace('index 3\n', `index 3\n${'47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n'.repeat(64)}`),
    ],
    ['Windows line ends', good.replaceAll('\n', '\r\n')],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parseTlogProof(utf8(text)))).toBe('malformed');
  });

  it('refuses hostile bytes with its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => parseTlogProof(bytes))).toBe('malformed');
      }),
    );
  });
});

describe('tlog-proof, "Verifying a tlog proof"', () => {
  it('binds entry, log and witnesses, and gives the checkpoint and its time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(), (size, at) => {
        const index = at % size;
        const { checkpoint, witnessedAt } = verifyTlogProof(
          proofOf(index, size),
          tree.leaves[index] as Uint8Array,
          policy,
        );
        expect(checkpoint.size).toBe(size);
        expect(witnessedAt).toBe(1_700_000_003);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses another entry, another index and one cosignature too few', () => {
    const proof = proofOf(3, 9);
    const leaf = tree.leaves[3] as Uint8Array;
    expect(codeOf(() => verifyTlogProof(proof, tree.leaves[4] as Uint8Array, policy))).toBe('root-mismatch');
    expect(codeOf(() => verifyTlogProof({ ...proof, index: 4 }, leaf, policy))).toBe('root-mismatch');
    expect(codeOf(() => verifyTlogProof({ ...proof, index: 9 }, leaf, policy))).toBe('range');
    expect(codeOf(() => verifyTlogProof(proof, leaf, parsePolicy(policyText(4, 4))))).toBe('quorum');
  });

  it('no single changed bit of the file leads to another statement that verifies', () => {
    const bytes = formatTlogProof(proofOf(3, 9));
    const leaf = tree.leaves[3] as Uint8Array;
    let kept = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      try {
        const { checkpoint } = verifyTlogProof(parseTlogProof(flip(bytes, bit)), leaf, policy);
        expect([checkpoint.size, hex(checkpoint.root)]).toEqual([9, hex(tree.root(9))]);
        kept++;
      } catch (error) {
        expect(error).toHaveProperty('code');
      }
    }
    // 3 of 3 are needed: what still verifies cannot have touched index, hashes, text or a needed signature.
    expect(kept).toBe(0);
  });
});
