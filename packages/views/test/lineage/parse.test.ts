/** The edge: whatever is not a record or a query is refused with its path. */
import { describe, expect, it } from 'vitest';
import { evalCases, LineageError } from '../../src/index.ts';
import type { Raw } from './brute-force.ts';

const caseOf = (record: unknown, query: unknown = { op: 'served', output: 'o' }): unknown => [
  { name: 'ok', records: [], queries: [] },
  { name: 'bad', records: [{ kind: 'reverse', target: 'x' }, record], queries: [query] },
];

/** The error that evaluating `json` ends with. */
function refusal(json: unknown): LineageError {
  try {
    evalCases(json);
  } catch (error) {
    if (error instanceof LineageError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const good = { kind: 'output', id: 'o', channel: 'c', node: 'n' };

const badRecords: readonly [where: string, record: unknown][] = [
  ['', 7],
  ['', null],
  ['', []],
  ['.kind', {}],
  ['.kind', { kind: 'outputs' }],
  ['.kind', { kind: 'toString' }],
  ['.t', { ...good, t: 1.5 }],
  ['.t', { ...good, t: '5' }],
  ['.t', { ...good, t: 2 ** 53 }],
  ['.id', { kind: 'output', channel: 'c', node: 'n' }],
  ['.id', { ...good, id: '' }],
  ['.id', { ...good, id: 5 }],
  ['.node', { kind: 'output', id: 'o', channel: 'c' }],
  ['.pin', { ...good, pin: 7 }],
  ['.from', { ...good, from: 'o1' }],
  ['.from[1]', { ...good, from: ['o1', 2] }],
  ['', { ...good, t: 5, lo: 6 }],
  ['', { ...good, t: 5, hi: 4 }],
  ['.to', { kind: 'decision', channel: 'c' }],
  ['.to', { kind: 'decision', channel: 'c', to: [] }],
  ['.to.v7', { kind: 'decision', channel: 'c', to: { v7: -1 } }],
  ['.to.v7', { kind: 'decision', channel: 'c', to: { v7: '1' } }],
  ['.to.v7', { kind: 'decision', channel: 'c', to: { v7: Number.NaN } }],
  ['.to.v7', { kind: 'decision', channel: 'c', to: { v7: Infinity } }],
  ['.authorized', { kind: 'decision', channel: 'c', to: {}, authorized: 'no' }],
  ['.effective', { kind: 'decision', channel: 'c', to: {}, effective: 0.5 }],
  ['.by', { kind: 'evidence', output: 'o', version: 'v', by: 'rumour' }],
  ['.by', { kind: 'evidence', output: 'o', version: 'v', by: 'constructor' }],
  ['.version', { kind: 'lease', node: 'n' }],
  ['.source', { kind: 'derive', to: 'x' }],
  ['.propagates', { kind: 'derive', to: 'x', source: 'y', propagates: 1 }],
  ['.bad_from', { kind: 'incident', id: 'I' }],
  ['.bad_to', { kind: 'incident', id: 'I', bad_from: 0, bad_to: 'never' }],
  ['.versions', { kind: 'incident', id: 'I', bad_from: 0, versions: 'v7' }],
  ['.where[0]', { kind: 'incident', id: 'I', bad_from: 0, where: [{ field: 't' }] }],
  ['.where[0].field', { kind: 'incident', id: 'I', bad_from: 0, where: [{ eq: 5 }] }],
  ['.where[0].eq', { kind: 'incident', id: 'I', bad_from: 0, where: [{ field: 't', eq: {} }] }],
  ['.where[0].lt', { kind: 'incident', id: 'I', bad_from: 0, where: [{ field: 't', lt: true }] }],
  ['.set', { kind: 'amend', incident: 'I' }],
  ['.set.bad_from', { kind: 'amend', incident: 'I', set: { bad_from: null } }],
  ['.state', { kind: 'disposition', incident: 'I', target: 'o' }],
  ['.state', { kind: 'disposition', incident: 'I', target: 'o', state: 'total' }],
  ['.amount', { kind: 'disposition', incident: 'I', target: 'o', state: 'compensated', amount: '1.5' }],
  ['.target', { kind: 'reverse' }],
];

const badQueries: readonly [where: string, query: unknown][] = [
  ['', 'scope'],
  ['.op', { incident: 'I' }],
  ['.op', { op: 'scopes', incident: 'I' }],
  ['.incident', { op: 'scope' }],
  ['.record', { op: 'effective', incident: 'I' }],
  ['.at', { op: 'announced', channel: 'c' }],
  ['.corrected', { op: 'announced', channel: 'c', at: 1, corrected: 'yes' }],
  ['.grace', { op: 'divergence', output: 'o', grace: -1 }],
  ['.knownAt', { op: 'served', output: 'o', knownAt: 1.5 }],
  ['.afterRecords', { op: 'served', output: 'o', afterRecords: -2 }],
];

describe('malformed input is refused with its JSON path', () => {
  it.each(badRecords)('record%s of %j', (where, record) => {
    const error = refusal(caseOf(record));
    expect(error).toMatchObject({ code: 'malformed', where: `cases[1].records[1]${where}` });
    expect(error.fix).not.toBe('');
  });

  it.each(badQueries)('query%s of %j', (where, query) => {
    expect(refusal(caseOf(good, query))).toMatchObject({
      code: 'malformed',
      where: `cases[1].queries[0]${where}`,
    });
  });

  it('a file that is no list, a case without records', () => {
    expect(refusal({})).toMatchObject({ where: 'cases' });
    expect(refusal([{ queries: [] }])).toMatchObject({ where: 'cases[0].records' });
    expect(refusal([{ records: [] }])).toMatchObject({ where: 'cases[0].queries' });
  });
});

describe('what a newer or looser writer may do', () => {
  it('further fields are allowed, null says absent, names of object members are only names', () => {
    const records: Raw[] = [
      { ...good, pin: null, from: null, anything: { deep: true } },
      { kind: 'evidence', output: 'o', version: '__proto__', by: 'self' },
      { kind: 'decision', channel: 'c', to: JSON.parse('{"__proto__": 1}') as Raw, because: 'x' },
    ];
    const queries = [
      { op: 'served', output: 'o' },
      { op: 'announced', channel: 'c', at: 0 },
      { op: 'served', output: 'toString' },
    ];
    const [answers] = evalCases([{ records, queries }]);
    expect(answers?.[0]).toMatchObject({ v: '__proto__', s: 'known' });
    expect(JSON.stringify(answers?.[1])).toBe('{"__proto__":1}');
    expect(answers?.[2]).toEqual({ v: null, s: 'unknown' });
  });
});
