/** The published cases, each answer in full, reasons included. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkCases, evalCases } from '../../src/index.ts';
import { BruteForce, type Raw } from './brute-force.ts';

interface Case {
  readonly name: string;
  readonly records: readonly Raw[];
  readonly queries: readonly Raw[];
}

const file = new URL('../../../../vectors/lineage.json', import.meta.url);
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

describe('vectors/lineage.json', () => {
  it.each(cases.map((item) => [item.name, item] as const))('%s', (_name, item) => {
    expect(evalCases([item])[0]).toEqual(item.queries.map((query) => query['answer']));
  });

  it('compares as many answers as the file holds, and finds no mismatch', () => {
    const { compared, mismatches } = checkCases(cases);
    expect(mismatches).toEqual([]);
    expect(compared).toBe(cases.reduce((sum, item) => sum + item.queries.length, 0));
  });

  it('reports a wrong answer with its path', () => {
    const wrong = [
      {
        ...cases[0],
        queries: [{ op: 'scope', incident: 'I', answer: { affected: [], possible: [], gaps: [] } }],
      },
    ];
    expect(checkCases(wrong).mismatches).toMatchObject([
      { path: 'cases[0].queries[0]', found: { affected: ['o1', 'pay'] } },
    ]);
  });

  it('comes out right in the second implementation too', () => {
    for (const item of cases) {
      for (const query of item.queries) {
        const known = Math.min(
          (query['afterRecords'] as number) ?? Infinity,
          (query['knownAt'] as number) ?? Infinity,
        );
        const found = new BruteForce(item.records, known).answer(query);
        const expected = query['answer'] as object;
        if (query['op'] === 'closable') expect(found).toMatchObject({ ok: (expected as { ok: boolean }).ok });
        else if (query['op'] === 'served') expect(found).toMatchObject(expected);
        else if (['disposition', 'effective'].includes(query['op'] as string))
          expect(expected).toMatchObject(found as object);
        else expect(found).toEqual(expected);
      }
    }
  });

  it('is the file that the project was given, where that is at hand', ({ skip }) => {
    const given = new URL('../../../../../shared/cases/lineage.json', import.meta.url);
    if (!existsSync(given)) skip('no ../shared/cases beside the repository');
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(given, 'utf8'));
  });
});
