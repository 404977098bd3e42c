/** The follower's tree: what a signed root covers is believed, in whatever order checkpoints come by. */
import { leafHash, rootFromLeaves } from '@assay/log';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FollowError, VerifiedTail } from '../../src/follow/index.ts';

const entryOf = (i: number): Uint8Array => Uint8Array.of(i >> 8, i & 255);
const LEAVES = Array.from({ length: 40 }, (_, i) => leafHash(entryOf(i)));
const ROOTS = Array.from({ length: 41 }, (_, size) => rootFromLeaves(LEAVES.slice(0, size)));
const rootOf = (size: number): Uint8Array => ROOTS[size] as Uint8Array;

/** Reads on up to a size, or settles at one that was read. */
const step = fc.record({ to: fc.integer({ min: 0, max: 40 }), settles: fc.boolean() });

describe('the verified tail', () => {
  it('gives the tree’s root at every size since the last settled one, and none before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const tail = new VerifiedTail();
        let settled = 0;
        for (const { to, settles } of steps) {
          if (!settles) for (let i = tail.size; i < to; i++) tail.append(entryOf(i));
          else if (to <= tail.size) {
            tail.settle({ size: to, root: rootOf(to) }, 'split-view');
            settled = Math.max(settled, to);
          }
          const roots = Array.from({ length: tail.size + 1 }, (_, size) => tail.rootAt(size));
          const due = ROOTS.slice(0, tail.size + 1).map((root, size) => (size < settled ? undefined : root));
          expect(roots).toEqual(due);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('refuses another root, and stays as it was', () => {
    const tail = new VerifiedTail();
    for (let i = 0; i < 7; i++) tail.append(entryOf(i));
    expect(() => tail.settle({ size: 5, root: rootOf(4) }, 'split-view')).toThrow(FollowError);
    expect(() => tail.settle({ size: 8, root: rootOf(8) }, 'split-view')).toThrow(FollowError);
    expect(() => tail.check({ size: 7, root: rootOf(6) }, 'root-mismatch')).toThrow(FollowError);
    expect(tail.rootAt(0)).toEqual(rootOf(0));
    expect(tail.rootAt(7)).toEqual(rootOf(7));
  });

  it('a checkpoint before the last settled one changes nothing', () => {
    const tail = new VerifiedTail();
    for (let i = 0; i < 14; i++) tail.append(entryOf(i));
    tail.settle({ size: 6, root: rootOf(6) }, 'split-view');
    tail.settle({ size: 3, root: rootOf(3) }, 'split-view');
    expect(tail.rootAt(6)).toEqual(rootOf(6));
    expect(tail.rootAt(14)).toEqual(rootOf(14));
  });
});
