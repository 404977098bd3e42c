import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feeOf, priceOf } from '../../src/money/index.ts';

const book = { perRequest: '1000', perInputKib: '10', perOutputKib: '20', feeBps: 500 };

describe('prices', () => {
  it('bill begun KiB', () => {
    const price = (input: number, output: number): bigint =>
      priceOf(book, { inputBytes: String(input), outputBytes: String(output) });
    expect(price(0, 0)).toBe(1000n);
    expect(price(1, 0)).toBe(1010n);
    expect(price(1_024, 1_024)).toBe(1030n);
    expect(price(1_025, 1_025)).toBe(1060n);
  });

  it('fee and the rest are the amount, and the fee never exceeds its share', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 128n), fc.integer({ min: 0, max: 10_000 }), (amount, feeBps) => {
        const fee = feeOf({ feeBps }, amount);
        expect(fee >= 0n && fee <= amount && fee * 10_000n <= amount * BigInt(feeBps)).toBe(true);
      }),
    );
  });
});
