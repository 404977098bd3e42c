/** The index against the second implementation, on random ledgers and at every kind of prefix. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evalCase,
  evalCases,
  Ledger,
  parseCases,
  sameAnswer,
  TextNames,
  type LineageQuery,
} from '../../src/index.ts';
import { BruteForce, type Raw } from './brute-force.ts';
import { everyQuery, ledgers } from './random-ledger.ts';

const RUNS = Number(process.env['ASSAY_RUNS'] ?? 400);

/** Compares every answer at three prefixes of one ledger. */
function agree(records: readonly Raw[], cut: number): void {
  const early = 1 + Math.floor(cut * (records.length - 1));
  for (const known of [early, Math.ceil((early + records.length) / 2), records.length]) {
    const naive = new BruteForce(records, known);
    const inScope = (incident: string): readonly string[] => [...naive.effective(incident).keys()];
    const queries = everyQuery(known, inScope);
    const [item] = parseCases([{ name: 'random', records, queries }]);
    // Tiny blocks and tails, so that a small ledger seals blocks and rebuilds its tables many times.
    const ledger = new Ledger(new TextNames(), { block: 2, smallTail: 3 });
    const answers = item === undefined ? [] : evalCase(item, ledger);
    queries.forEach((query, i) => {
      const expected = naive.answer(query);
      if (sameAnswer(query['op'] as LineageQuery['op'], expected, answers[i])) return;
      // Only on a difference: the assertion's message shows both answers and the question.
      expect({ query, answer: answers[i] }).toEqual({ query, answer: expected });
    });
  }
}

describe('the index answers as the rules do', () => {
  it('on random ledgers of plain records, as known at any prefix', () => {
    fc.assert(fc.property(ledgers({ brackets: false }), fc.double({ min: 0, max: 1, noNaN: true }), agree), {
      numRuns: RUNS,
    });
  });

  it('on random ledgers with brackets and edges that only make possible', () => {
    fc.assert(fc.property(ledgers({ brackets: true }), fc.double({ min: 0, max: 1, noNaN: true }), agree), {
      numRuns: RUNS,
    });
  });

  it('brackets of one moment answer exactly as points do', () => {
    fc.assert(
      fc.property(ledgers({ brackets: false }), (records) => {
        const bracketed = records.map((record) => {
          const t = (record['t'] as number | undefined) ?? 0;
          return record['kind'] === 'output' ? { ...record, lo: t, hi: t } : record;
        });
        const queries = everyQuery(records.length, () => []);
        const [points, intervals] = evalCases([
          { name: 'points', records, queries },
          { name: 'brackets', records: bracketed, queries },
        ]);
        expect(intervals).toEqual(points);
      }),
      { numRuns: RUNS / 4 },
    );
  });
});
