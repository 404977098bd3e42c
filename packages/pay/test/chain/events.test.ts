/** Events are read from the deployment on, in ranges that a public JSON-RPC answers, and each once. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { BLOCKS_AT_ONCE, rangesDown, rangesUp } from '../../src/node/index.ts';

const bounds = fc
  .tuple(fc.nat(20_000), fc.integer({ min: -1, max: 20_000 }))
  .map(([from, length]) => ({ from, to: from + length }));

describe('ranges of blocks', () => {
  it('cover every block once, none outside, and none is longer than may be asked at once', () => {
    fc.assert(
      fc.property(bounds, ({ from, to }) => {
        const up = [...rangesUp({ from, to })];
        let next = from;
        for (const range of up) {
          expect(range.from).toBe(next);
          expect(range.to - range.from + 1).toBeLessThanOrEqual(BLOCKS_AT_ONCE);
          next = range.to + 1;
        }
        expect(next).toBe(Math.max(from, to + 1));
        const down = [...rangesDown({ from, to })].toReversed();
        expect(down.reduce((sum, range) => sum + range.to - range.from + 1, 0)).toBe(to - from + 1);
        expect(down.every((range, i) => i === 0 || range.from === (down[i - 1]?.to ?? 0) + 1)).toBe(true);
      }),
    );
  });
});
