/** The invariants I1 to I12 of the rollback model, by name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  announced,
  balance,
  clearedBySelfOnly,
  clearedSample,
  closable,
  closingAt,
  closureAt,
  compensation,
  divergence,
  effective,
  evalCases,
  Ledger,
  LineageError,
  parseRecord,
  reach,
  scope,
  scopeRoot,
  why,
} from '../../src/index.ts';
import { act, ask, asOf, decide, dispose, evidence, incident, output, rolledBack } from './ask.ts';
import { BruteForce, type Raw } from './brute-force.ts';
import { everyQuery, ledgers } from './random-ledger.ts';

/** Steps from the nearest seed over edges that affect, level by level. */
function distances(
  seeds: Iterable<string>,
  edges: readonly { from: string; to: string; weak: boolean }[],
): Map<string, number> {
  const found = new Map<string, number>([...seeds].map((seed) => [seed, 0]));
  for (let level = 0, grown = true; grown; level++) {
    const before = found.size;
    for (const { from, to, weak } of edges)
      if (!weak && found.get(from) === level && !found.has(to)) found.set(to, level + 1);
    grown = found.size > before;
  }
  return found;
}

const runs = { numRuns: 150 };
const scopeOf = (records: readonly Raw[], of = 'I'): unknown => ask(records, { op: 'scope', incident: of });

describe('I1: an answer for a fixed knownAt never changes', () => {
  it('on random ledgers, whatever is appended later', () => {
    fc.assert(
      fc.property(ledgers({ brackets: true }, 40), fc.integer({ min: 3, max: 20 }), (records, cut) => {
        const known = Math.min(cut, records.length);
        const queries = everyQuery(known, () => []);
        const later = evalCases([{ records, queries }]);
        expect(later).toEqual(evalCases([{ records: records.slice(0, known), queries }]));
      }),
      runs,
    );
  });

  it('also for a prefix that is held while the ledger grows', () => {
    const ledger = new Ledger();
    for (const record of [...rolledBack, output('o', 15), incident('I')]) ledger.append(parseRecord(record));
    const before = ledger.asOf();
    ledger.append(parseRecord(evidence('o', 'v6')));
    expect(scope(before, 'I').possible.ids).toHaveLength(1);
    expect(scope(ledger.asOf(), 'I').possible.ids).toHaveLength(0);
  });
});

describe('I2: as known then, a decision cannot act before it was recorded', () => {
  const records = [...rolledBack, decide(30, 'v8', { effective: 12 })];
  it('blame uses as-known, the corrected view stands beside it', () => {
    const prefix = asOf(records);
    expect(announced(prefix, 'prod', { at: 15 })).toEqual(new Map([['v7', 1]]));
    expect(announced(prefix, 'prod', { at: 15, corrected: true })).toEqual(new Map([['v8', 1]]));
    expect(announced(prefix, 'prod', { at: 9 })).toEqual(new Map([['v6', 1]]));
    expect(announced(prefix, 'prod', { at: -1 })).toEqual(new Map());
  });
});

describe('I3: a seed is what the best evidence says a bad version made in the window', () => {
  it('the window is half-open, and strength decides over order', () => {
    const made = ['a', 'b', 'c', 'd'].flatMap((id, i) => [
      output(id, [4, 5, 9, 10][i] as number),
      evidence(id, 'v7', 'proof'),
      evidence(id, 'v6', 'self'),
    ]);
    expect(scopeOf([...made, incident('I', { bad_from: 5, bad_to: 10 })])).toEqual({
      affected: ['b', 'c'],
      possible: [],
      gaps: [],
    });
  });

  it('PROTOCOL 3.3: a bracket wholly inside is a seed, one that overlaps is possible', () => {
    const made = [
      output('inside', 7, { lo: 5, hi: 9 }),
      output('before', 5, { lo: 4, hi: 5 }),
      output('after', 9, { lo: 9, hi: 10 }),
      output('outside', 3, { lo: 1, hi: 4 }),
    ];
    const proof = made.map((record) => evidence(record['id'] as string, 'v7'));
    expect(scopeOf([...made, ...proof, incident('I', { bad_from: 5, bad_to: 10 })])).toEqual({
      affected: ['inside'],
      possible: ['after', 'before'],
      gaps: [],
    });
  });

  it('without evidence: at the moment of the rollback it is no longer possible, one tick earlier it is', () => {
    const records = [
      ...rolledBack,
      output('a', 9),
      output('b', 10),
      output('c', 19),
      output('d', 20),
      incident('I'),
    ];
    expect(scopeOf(records)).toEqual({ affected: [], possible: ['b', 'c'], gaps: [] });
  });

  it('a drain at the very moment of an output comes too late for it, one tick earlier does not', () => {
    const lease: Raw = { kind: 'lease', node: 'n1', version: 'v7', t: 3 };
    const drain: Raw = { kind: 'drain', node: 'n1', version: 'v7', t: 6 };
    const records = [
      decide(0, 'v6'),
      lease,
      output('a', 2),
      output('b', 3),
      output('c', 6),
      output('d', 7),
      drain,
      incident('I'),
    ];
    expect(scopeOf(records)).toEqual({ affected: [], possible: ['b', 'c'], gaps: [] });
  });
});

describe('I4, I7: scope is a least fixpoint with a witness for every member', () => {
  it('affected and possible are disjoint, closed, and every path is shortest, real and ends in a root', () => {
    fc.assert(
      fc.property(ledgers({ brackets: true }), (records) => {
        const prefix = asOf(records);
        const { seeds, roots, affected, possible, edges } = new BruteForce(records, records.length).graph(
          'I',
        );
        for (const record of [...affected, ...possible]) {
          const found = why(prefix, 'I', record);
          expect(found?.membership).toBe(affected.has(record) ? 'affected' : 'possible');
          const path = found?.path ?? [];
          expect(path.at(-1)).toBe(record);
          expect(roots.has(path[0] as string)).toBe(true);
          expect(new Set(path).size).toBe(path.length);
          path
            .slice(1)
            .forEach((to, i) => expect(edges.some((e) => e.from === path[i] && e.to === to)).toBe(true));
        }
        const distance = distances(seeds, edges);
        for (const record of affected)
          expect(why(prefix, 'I', record)?.path).toHaveLength((distance.get(record) ?? Infinity) + 1);
        expect([...affected].some((record) => possible.has(record))).toBe(false);
      }),
      runs,
    );
  });

  it('a circle of late edges ends, and a chain of 200 000 needs no stack', () => {
    const chain = Array.from({ length: 200_000 }, (_, i) => act(`a${i}`, [i === 0 ? 'o' : `a${i - 1}`]));
    const prefix = asOf([
      output('o', 1),
      evidence('o', 'v7'),
      ...chain,
      { kind: 'derive', to: 'o', source: 'a199999' },
      incident('I'),
      dispose('o', 'rerun_same'),
    ]);
    expect(scope(prefix, 'I').affected.ids).toHaveLength(200_001);
    expect(why(prefix, 'I', 'a199999')?.path).toHaveLength(200_001);
    expect(balance(prefix, 'I')).toEqual(
      new Map([
        ['total', 200_001],
        ['rerun_same', 1],
        ['not_affected', 200_000],
      ]),
    );
  });

  it('of two shortest paths the parent declared earliest is shown', () => {
    const records = [
      output('o', 1),
      evidence('o', 'v7'),
      act('z', ['o']),
      act('a', ['o']),
      act('end', ['a', 'z']),
      incident('I'),
    ];
    expect(why(asOf(records), 'I', 'end')).toEqual({
      membership: 'affected',
      path: ['o', 'z', 'end'],
      root: 'seed',
    });
  });

  it("PROTOCOL 2.2: somebody else's edge makes possible only, and what follows from it too", () => {
    const records = [
      output('o', 1),
      evidence('o', 'v7'),
      act('x', []),
      act('y', ['x']),
      { kind: 'derive', to: 'x', source: 'o', possibleOnly: true },
      incident('I'),
    ];
    expect(scopeOf(records)).toEqual({ affected: ['o'], possible: ['x', 'y'], gaps: [] });
    expect(why(asOf(records), 'I', 'y')?.path).toEqual(['o', 'x', 'y']);
  });
});

describe('I5: more records never shrink the scope, but for evidence and amendments', () => {
  it('on random ledgers', () => {
    const shrinking = new Set(['evidence', 'amend', 'decision', 'drain', 'incident', 'output']);
    fc.assert(
      fc.property(ledgers({ brackets: false }), ledgers({ brackets: false }, 15), (records, more) => {
        const added = more.filter((record) => !shrinking.has(record['kind'] as string));
        const size = (of: readonly Raw[]): Set<string> => {
          const { affected, possible } = scopeOf(of) as { affected: string[]; possible: string[] };
          return new Set([...affected, ...possible]);
        };
        const after = size([...records, ...added]);
        for (const record of size(records)) expect(after.has(record)).toBe(true);
      }),
      runs,
    );
  });
});

describe('I6: the books balance', () => {
  it('the states add up to the scope on random ledgers', () => {
    fc.assert(
      fc.property(ledgers({ brackets: true }), (records) => {
        const prefix = asOf(records);
        const { total, ...states } = Object.fromEntries(balance(prefix, 'I')) as Record<string, number>;
        const { affected, possible } = scope(prefix, 'I');
        expect(Object.values(states).reduce((a, b) => a + b, 0)).toBe(total);
        expect(total).toBe(affected.ids.length + possible.ids.length);
      }),
      runs,
    );
  });
});

describe('I8: a disposition holds only while its basis does', () => {
  const bad = [output('o', 1), evidence('o', 'v7'), act('pay', ['o']), incident('I')];
  const state = (records: readonly Raw[], record = 'pay'): unknown =>
    ask(records, { op: 'disposition', incident: 'I', record });

  it('PROTOCOL 6.3: a compensation may rest on what is in its own scope, not in another', () => {
    const refunded = [...bad, act('refund', ['pay']), dispose('pay', 'compensated', { basis: ['refund'] })];
    expect(state(refunded)).toEqual({ state: 'compensated' });
    expect(state([...refunded, incident('J')])).toMatchObject({ state: 'open' });
    expect(state([...refunded, { kind: 'reverse', target: 'refund' }])).toMatchObject({ state: 'open' });
    const accepted = [...bad, act('note', ['pay']), dispose('pay', 'accepted', { basis: ['note'] })];
    expect(state(accepted)).toEqual({ state: 'open', reason: 'basis note in I' });
  });

  it('a basis disposed of in the same incident must itself be terminal, and may not rest on itself', () => {
    const rests = [...bad, act('a', []), act('b', []), dispose('pay', 'accepted', { basis: ['a'] })];
    expect(state(rests)).toEqual({ state: 'accepted' });
    expect(state([...rests, dispose('a', 'acknowledged')])).toMatchObject({ state: 'open' });
    expect(state([...rests, dispose('a', 'accepted')])).toEqual({ state: 'accepted' });
    const circle = [
      ...rests,
      dispose('a', 'accepted', { basis: ['b'] }),
      dispose('b', 'accepted', { basis: ['a'] }),
    ];
    for (const record of ['pay', 'a', 'b']) expect(state(circle, record)).toMatchObject({ state: 'open' });
    expect(state([...bad, dispose('pay', 'accepted', { basis: ['pay'] })])).toMatchObject({ state: 'open' });
  });

  it('a dismissed incident lets what rested on its records stand again', () => {
    const records = [
      ...bad,
      output('r', 2),
      evidence('r', 'v6'),
      dispose('o', 'rerun_same', { basis: ['r'] }),
      incident('J', { versions: ['v6'] }),
    ];
    expect(state(records, 'o')).toMatchObject({ state: 'open' });
    expect(state([...records, { kind: 'amend', incident: 'J', set: { status: 'dismissed' } }], 'o')).toEqual({
      state: 'rerun_same',
    });
  });
});

describe('I9: early cutoff', () => {
  const diamond = [
    output('a', 1),
    evidence('a', 'v7'),
    output('b', 2),
    evidence('b', 'v7'),
    act('c', ['a', 'b']),
    act('d', ['c']),
    incident('I'),
  ];
  const of = (records: readonly Raw[], record: string): string => effective(asOf(records), 'I', record).state;

  it('needs every parent, goes on through children, and accepted or compensated parents clear nothing', () => {
    expect(of([...diamond, dispose('a', 'rerun_same')], 'd')).toBe('open');
    expect(of([...diamond, dispose('a', 'rerun_same'), dispose('b', 'not_affected')], 'd')).toBe(
      'not_affected',
    );
    expect(of([...diamond, dispose('a', 'rerun_same'), dispose('b', 'accepted')], 'd')).toBe('open');
    expect(
      of(
        [...diamond, dispose('a', 'rerun_same'), dispose('b', 'rerun_same'), dispose('c', 'compensated')],
        'd',
      ),
    ).toBe('open');
  });

  it('a circle of derived records does not clear itself, nor does a root that is also derived', () => {
    const circle = [
      ...diamond,
      { kind: 'derive', to: 'c', source: 'd' },
      dispose('a', 'rerun_same'),
      dispose('b', 'rerun_same'),
    ];
    expect(of(circle, 'c')).toBe('open');
    const possible = [
      ...rolledBack,
      output('s', 1),
      evidence('s', 'v7'),
      output('p', 15, { from: ['s'] }),
      incident('I'),
      dispose('s', 'rerun_same'),
    ];
    expect(of(possible, 'p')).toBe('open');
  });
});

describe('I10: closing is relative to a position', () => {
  const records = [
    ...rolledBack,
    output('o', 15),
    evidence('o', 'v7'),
    incident('I'),
    dispose('o', 'accepted'),
  ];

  it('takes nothing announced, nothing undrained, everything settled, and the root found by enough operators', () => {
    const prefix = asOf(records);
    expect(closable(prefix, 'I')).toEqual({ ok: true, why: [] });
    const by = (
      operator: string,
      root = 'r',
    ): { operator: string; incident: string; knownAt: number; root: string } => ({
      operator,
      incident: 'I',
      knownAt: prefix.known,
      root,
    });
    const wanted = { root: 'r', operators: 2 };
    expect(closingAt(prefix, 'I', { ...wanted, attestations: [by('x'), by('x')] }).ok).toBe(false);
    expect(closingAt(prefix, 'I', { ...wanted, attestations: [by('x'), by('y')] })).toEqual({
      ok: true,
      why: [],
    });
    expect(closingAt(prefix, 'I', { ...wanted, attestations: [by('x'), by('y'), by('z', 'q')] }).why).toEqual(
      ['another scope root was found by z'],
    );
    expect(
      closingAt(prefix, 'I', { ...wanted, attestations: [{ ...by('x'), knownAt: 1 }, by('y')] }).ok,
    ).toBe(false);
  });

  it('a logged close holds until a late record reopens it; one that the log does not bear out is none', () => {
    const size = records.length;
    const root = scopeRoot(asOf(records), 'I');
    const close = { id: 'c', index: size, size, root, operators: ['x', 'y'] };
    const anything = output('else', 60);
    const prefix = asOf([...records, anything]);
    expect(closureAt(prefix, 'I', [close])).toEqual({ state: 'closed', by: close });
    expect(closureAt(asOf(records), 'I', [])).toEqual({ state: 'open' });
    for (const wrong of [{ root: 'f'.repeat(64) }, { operators: ['x', 'x'] }, { size: size - 1 }])
      expect(closureAt(prefix, 'I', [{ ...close, ...wrong }])).toEqual({ state: 'open' });
    const late = asOf([...records, anything, act('late', ['o'], { t: 40 })]);
    expect(closureAt(late, 'I', [close])).toEqual({ state: 'reopened', by: close, why: ['open late'] });
    const settled = asOf([...records, anything, act('late', ['o'], { t: 40 }), dispose('late', 'accepted')]);
    expect(closureAt(settled, 'I', [close]).state).toBe('closed');
  });

  it('a late record reopens; a dismissed incident closes; an unknown one cannot', () => {
    expect(closable(asOf([...records, output('late', 12)]), 'I')).toEqual({ ok: false, why: ['open late'] });
    expect(closable(asOf([...records, decide(60, 'v7')]), 'I')).toEqual({
      ok: false,
      why: ['still announced on prod'],
    });
    expect(
      closable(asOf([...records, { kind: 'lease', node: 'n2', version: 'v7', t: 70 }]), 'I').why,
    ).toEqual(['not drained: n2:v7']);
    expect(
      closable(
        asOf([...records, decide(60, 'v7'), { kind: 'amend', incident: 'I', set: { status: 'dismissed' } }]),
        'I',
      ).ok,
    ).toBe(true);
    expect(closable(asOf(records), 'nobody').ok).toBe(false);
  });
});

describe('I12: one act is not compensated beyond its harm', () => {
  const twice = (amount: string): Raw[] => [
    output('o', 1),
    evidence('o', 'v7'),
    act('pay', ['o'], { harmCap: '100' }),
    incident('I'),
    incident('J'),
    dispose('pay', 'compensated', { amount: '60' }),
    dispose('pay', 'compensated', { incident: 'J', amount }),
  ];
  it('over all incidents together, and only by compensations that stand', () => {
    expect(compensation(asOf(twice('40')), 'pay')).toEqual({
      paid: 100n,
      cap: 100n,
      incidents: ['I', 'J'],
      exceeded: false,
    });
    expect(compensation(asOf(twice('41')), 'pay')).toMatchObject({ paid: 101n, exceeded: true });
    expect(
      compensation(asOf([...twice('41'), dispose('pay', 'disputed', { incident: 'J' })]), 'pay'),
    ).toMatchObject({ paid: 60n, exceeded: false });
  });
});

describe('PROTOCOL 6.2: clearedBySelfOnly', () => {
  const lying = [
    ...rolledBack,
    { kind: 'lease', node: 'n9', version: 'v7', t: 10 },
    output('lie', 30, { node: 'n9' }),
    evidence('lie', 'v6', 'self'),
    output('fine', 30),
    evidence('fine', 'v6', 'self'),
    incident('I'),
  ];

  it('names outputs that only a doubtful node clears, until somebody else speaks', () => {
    expect(clearedBySelfOnly(asOf(lying), 'I')).toEqual(['lie']);
    expect(clearedBySelfOnly(asOf([...lying, evidence('lie', 'v6', 'client')]), 'I')).toEqual([]);
    const caught = asOf([...lying, evidence('lie', 'v7')]);
    expect(clearedBySelfOnly(caught, 'I')).toEqual([]);
    expect(divergence(caught, 'lie')).toBe('diverged');
  });

  it('a draw covers what it was drawn from, once every drawn output is confirmed; what came later it does not', () => {
    const ids = Array.from({ length: 20 }, (_, i) => `lie${i}`);
    const many = [
      ...lying,
      ...ids.flatMap((id) => [output(id, 30, { node: 'n9' }), evidence(id, 'v6', 'self')]),
    ];
    const then = asOf(many);
    const draw = { at: then.ledger.asOf(then.known), seed: Uint8Array.of(1), count: 5 };
    const { drawn, ...fresh } = clearedSample(then, 'I', draw);
    expect(drawn).toHaveLength(5);
    expect(fresh).toMatchObject({ of: 21, unexamined: drawn, different: [], uncovered: [] });
    // 1 - 0.05^(1/5)
    expect(fresh.bound).toBe('0.45072');
    const at = (more: readonly Raw[]): ReturnType<typeof clearedSample> => {
      const now = asOf([...many, ...more]);
      return clearedSample(now, 'I', { ...draw, at: now.ledger.asOf(many.length) });
    };
    const confirmed = drawn.map((id) => evidence(id, 'v6', 'reexec'));
    expect(at(confirmed)).toMatchObject({ drawn, of: 21, unexamined: [], different: [], uncovered: [] });
    const found = at(confirmed.with(2, evidence(drawn[2] as string, 'v7', 'reexec')));
    expect(found).toMatchObject({ unexamined: [], different: [drawn[2]] });
    const late = [output('late', 31, { node: 'n9' }), evidence('late', 'v6', 'self')];
    expect(at([...confirmed, ...late]).uncovered).toEqual(['late']);
    expect(clearedSample(then, 'I', { ...draw, count: 100 })).toMatchObject({ of: 21, bound: '0' });
  });

  it('a logged close over outputs that only suspect nodes cleared holds with a draw that the log confirms, and with no other', () => {
    const ids = Array.from({ length: 6 }, (_, i) => `self${i}`);
    const many = [
      ...lying,
      ...ids.flatMap((id) => [output(id, 30, { node: 'n9' }), evidence(id, 'v6', 'self')]),
      { kind: 'drain', node: 'n9', version: 'v7', t: 40 },
      // The node stays suspect by what it was once caught at.
      output('caught', 31, { node: 'n9' }),
      evidence('caught', 'v7'),
      dispose('caught', 'accepted'),
    ];
    const seed = '07'.repeat(32);
    const drawing = { at: asOf(many), seed: new Uint8Array(32).fill(7), count: 3 };
    const { drawn, of, bound } = clearedSample(drawing.at, 'I', drawing);
    expect(of).toBe(7);
    const confirmed = [...many, ...drawn.map((id) => evidence(id, 'v6'))];
    const size = confirmed.length;
    const sample = { size: many.length, of, drawn: 3, seed, bound };
    const close = {
      id: 'c',
      index: size,
      size,
      root: scopeRoot(asOf(confirmed), 'I'),
      operators: ['x', 'y'],
    };
    const state = (of: object, records: readonly Raw[] = confirmed): string =>
      closureAt(asOf([...records, output('else', 60)]), 'I', [{ ...close, ...of }]).state;
    expect(closable(asOf(confirmed), 'I')).toEqual({ ok: true, why: [] });
    expect(state({ sample })).toBe('closed');
    expect(state({})).toBe('open');
    for (const wrong of [
      { of: 8 },
      { bound: '0.1' },
      { drawn: 2 },
      { seed: '08'.repeat(32) },
      { size: size + 1 },
    ])
      expect(state({ sample: { ...sample, ...wrong } })).toBe('open');
    const found = confirmed.with(confirmed.length - 1, evidence(drawn[2] as string, 'v7'));
    expect(state({ sample, root: scopeRoot(asOf(found), 'I') }, found)).toBe('open');
  });

  it('leaves out what is in scope by its inputs anyway', () => {
    const derived = [
      ...lying,
      output('bad', 12),
      evidence('bad', 'v7'),
      output('under', 31, { node: 'n9', from: ['bad'] }),
      evidence('under', 'v6', 'self'),
    ];
    expect(clearedBySelfOnly(asOf(derived), 'I')).toEqual(['lie']);
  });

  it('one divergence puts every word of that node in doubt', () => {
    const drained = [...lying, { kind: 'drain', node: 'n9', version: 'v7', t: 12 }];
    expect(clearedBySelfOnly(asOf(drained), 'I')).toEqual([]);
    const diverged = [...drained, output('x', 40, { node: 'n9' }), evidence('x', 'v8', 'self')];
    expect(clearedBySelfOnly(asOf(diverged), 'I')).toEqual(['lie', 'x']);
  });
});

describe('reach', () => {
  it('gives every member once, with its witness and state', () => {
    const records = [
      ...rolledBack,
      output('o', 15),
      evidence('o', 'v7'),
      act('pay', ['o'], { t: 16, type: 'payment' }),
      output('p', 12),
      incident('I'),
    ];
    const answer = reach(asOf(records), 'I');
    expect(answer).toMatchObject({ affected: 2, possible: 1, gaps: [], knownAt: 8, clearedBySelfOnly: [] });
    expect([...answer.rows()]).toMatchObject([
      {
        record: 'o',
        kind: 'output',
        membership: 'affected',
        role: 'seed',
        verdict: 'match',
        depth: 0,
        parent: null,
        recorded: 4,
      },
      {
        record: 'pay',
        kind: 'act',
        type: 'payment',
        role: 'derived',
        served: null,
        depth: 1,
        parent: 'o',
        state: 'open',
      },
      { record: 'p', membership: 'possible', role: 'announced', verdict: 'unknown', depth: 0 },
    ]);
  });

  it('an incident nobody opened is an error, not an empty answer', () => {
    expect(() => reach(asOf(rolledBack), 'I')).toThrow(LineageError);
    expect(() => why(asOf(rolledBack), 'I', 'o')).toThrow(/no incident "I" is known at position 3/);
  });
});
