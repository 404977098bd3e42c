/** The gate's fixed slice of the money simulation; `npm run sim:money` runs the rest. */
import { describe, expect, it } from 'vitest';
import { crashMatrix } from '../../../../sim/money/crash.ts';
import { differential } from '../../../../sim/money/differential.ts';

describe('ledger against a second model', () => {
  it.each([11, 12])(
    '3 000 steps from seed %i are equal to the unit, and meet every refusal',
    async (seed) => {
      const { outcomes, totals } = await differential(seed, 3_000);
      expect(totals.debit).toBe(totals.credit + totals.fees);
      const met = new Set(Array.from(outcomes.keys(), (note) => note.split(': ')[1]));
      for (const outcome of [
        'ok mine',
        'ok',
        'ceiling',
        'balance',
        'expired',
        'conflict',
        'state',
        'amount',
        'unknown',
      ]) {
        expect(met, outcome).toContain(outcome);
      }
    },
  );
});

describe('crash matrix', () => {
  it('a crash before and after every write and send: each request ends once, and the books balance', async () => {
    const { faults } = await crashMatrix();
    expect(faults).toBeGreaterThan(80);
  });
});
