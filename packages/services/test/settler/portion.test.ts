/** Where batches end. */
import type { ChargeRecord } from '@assay/views';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portionEnd } from '../../src/settler/portion.ts';

const limits = fc.record({
  charges: fc.integer({ min: 1, max: 6 }),
  credits: fc.integer({ min: 2, max: 4 }),
  captures: fc.integer({ min: 1, max: 3 }),
});

/** The members that decide. */
const charges = fc
  .array(fc.record({ node: fc.integer({ min: 0, max: 6 }), exact: fc.boolean() }), { maxLength: 30 })
  .map((list) =>
    list.map(({ node, exact }, i) => {
      const charge = exact ? { exact: {} } : {};
      return { index: 10 + 3 * i, nodeAddress: `0x${node}`, charge } as unknown as ChargeRecord;
    }),
  );

describe('portions of what is to be settled', () => {
  it('take everything, in order, each within the limits and none smaller than it must be', () => {
    fc.assert(
      fc.property(charges, limits, (all, most) => {
        const isWithin = (some: readonly ChargeRecord[]): boolean =>
          some.length <= most.charges &&
          new Set(some.map(({ nodeAddress }) => nodeAddress)).size < most.credits &&
          some.filter(({ charge }) => charge.exact !== undefined).length <= most.captures;
        let rest: readonly ChargeRecord[] = all;
        while (rest.length > 0) {
          const end = portionEnd(rest, most);
          const portion = end === undefined ? rest : rest.filter(({ index }) => index < end);
          expect(portion.length).toBeGreaterThan(0);
          expect(isWithin(portion)).toBe(true);
          if (end !== undefined) expect(isWithin(rest.slice(0, portion.length + 1))).toBe(false);
          rest = rest.slice(portion.length);
        }
      }),
    );
  });
});
