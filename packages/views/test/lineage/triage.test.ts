/** Re-run triage: what is material, what to re-run next, and in which order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareClassifier,
  compareRegressor,
  compareText,
  drawSample,
  flips,
  planReruns,
  samplingBound,
  sumIsMaterial,
  type AsOf,
  type RerunResult,
} from '../../src/index.ts';
import { act, asOf, dispose, evidence, incident, output } from './ask.ts';
import type { Raw } from './brute-force.ts';

const scores = (fields: Record<string, number>): ReadonlyMap<string, number> =>
  new Map(Object.entries(fields));

describe('classifiers: only the decision counts', () => {
  const moved = { original: scores({ a: 0.9, b: 0.1 }), rerun: scores({ a: 0.6, b: 0.4 }) };
  const exact = { bitExact: true };

  it('a score that moved is same, a label that changed is different', () => {
    expect(compareClassifier(moved, { ...exact, decision: 'label' })).toEqual({
      result: 'same',
      by: 'label',
    });
    expect(
      compareClassifier({ ...moved, rerun: scores({ a: 0.4, b: 0.6 }) }, { ...exact, decision: 'label' })
        .result,
    ).toBe('different');
    expect(compareClassifier(moved, { ...exact, decision: 'threshold', of: 'a', atLeast: 0.7 }).result).toBe(
      'different',
    );
    expect(
      compareClassifier(moved, { ...exact, decision: 'bucket', of: 'a', edges: [0.5, 0.95] }).result,
    ).toBe('same');
    expect(compareClassifier(moved, { ...exact, decision: 'top', k: 2 }).result).toBe('same');
  });

  it('without a second good run, or where the two differ, a change is undetermined: noise is no finding', () => {
    const flipped = { ...moved, rerun: scores({ a: 0.4, b: 0.6 }) };
    expect(compareClassifier(flipped, { bitExact: false, decision: 'label' }).result).toBe('undetermined');
    expect(
      compareClassifier({ ...flipped, again: flipped.rerun }, { bitExact: false, decision: 'label' }).result,
    ).toBe('different');
    expect(
      compareClassifier({ ...flipped, again: moved.rerun }, { bitExact: true, decision: 'label' }).result,
    ).toBe('undetermined');
  });

  it('a missing or broken answer is undetermined, never same', () => {
    for (const broken of [undefined, scores({ a: Number.NaN }), scores({})]) {
      expect(
        compareClassifier({ original: broken, rerun: broken }, { ...exact, decision: 'label' }).result,
      ).toBe('undetermined');
    }
    expect(compareClassifier(moved, { ...exact, decision: 'threshold', of: 'z', atLeast: 0 }).result).toBe(
      'undetermined',
    );
  });

  it('flips are counted per direction', () => {
    expect(
      flips([
        ['a', 'b'],
        ['b', 'a'],
        ['a', 'b'],
        ['a', 'a'],
      ]),
    ).toEqual(
      new Map([
        ['a → b', 2],
        ['b → a', 1],
      ]),
    );
  });
});

describe('regressors: tolerance, thresholds, and the sum', () => {
  const rule = { abs: 0.5, rel: 0.01, noise: 0.1, thresholds: [100] };
  const of = (original: number, rerun: number, again?: number): string =>
    compareRegressor({ original, rerun, ...(again === undefined ? {} : { again }) }, rule).result;

  it('within noise same, beyond tolerance different, between them undetermined', () => {
    expect(of(10, 10.05)).toBe('same');
    expect(of(10, 10.3)).toBe('undetermined');
    expect(of(10, 10.6)).toBe('different');
    expect(of(1000, 1005)).toBe('undetermined');
    expect(of(1000, 1011)).toBe('different');
  });

  it('crossing a threshold matters however small, unless the good runs themselves straddle it', () => {
    expect(of(99.7, 100.2)).toBe('different');
    expect(of(99.99, 100.01)).toBe('same');
    expect(of(99.7, 100.2, 99.9)).toBe('undetermined');
    expect(compareRegressor({ original: 99.99, rerun: 100.01 }, { ...rule, noise: 0 }).result).toBe(
      'different',
    );
  });

  it('no number, no finding', () => {
    expect(of(Number.NaN, 1)).toBe('undetermined');
    expect(of(1, 1, Infinity)).toBe('undetermined');
    expect(compareRegressor({ original: undefined, rerun: 1 }, rule).result).toBe('undetermined');
  });

  it('small differences of one sign add up, of both signs cancel, and a sum that is no number is material', () => {
    expect(
      sumIsMaterial(
        Array.from({ length: 100 }, () => [1.25, 1]),
        20,
      ),
    ).toBe(true);
    expect(
      sumIsMaterial(
        [
          [1.25, 1],
          [1, 1.25],
        ],
        0.1,
      ),
    ).toBe(false);
    expect(sumIsMaterial([[Number.NaN, 1]], 1e9)).toBe(true);
  });
});

describe('texts: the first rung that decides', () => {
  const rule = { bitExact: true };
  it('bytes, then canonical form', () => {
    expect(compareText({ original: 'x', rerun: 'x' }, rule)).toEqual({ result: 'same', by: 'bytes' });
    expect(compareText({ original: '{"a":1, "b":2}', rerun: '{"b":2,"a":1.0}' }, rule).by).toBe(
      'canonical form',
    );
    expect(compareText({ original: 'e\u0301', rerun: '\u00e9' }, rule).by).toBe('canonical form');
    expect(compareText({ original: 'New York', rerun: 'Queens' }, rule)).toEqual({
      result: 'undetermined',
      by: 'a person',
    });
  });

  it('then the declared answer, the metric, and a judge of lower grade', () => {
    const answer = (text: string): string | undefined => /answer: (\w+)/.exec(text)?.[1];
    const arms = { original: 'so, answer: yes', rerun: 'hence answer: yes' };
    expect(compareText(arms, { ...rule, answer })).toEqual({ result: 'same', by: 'declared answer' });
    expect(compareText({ ...arms, rerun: 'answer: no' }, { ...rule, answer }).result).toBe('different');
    expect(compareText({ ...arms, rerun: 'answer: no' }, { bitExact: false, answer }).result).toBe(
      'undetermined',
    );
    const metric = {
      name: 'length',
      distance: (a: string, b: string) => Math.abs(a.length - b.length),
      atMost: 3,
    };
    expect(compareText({ original: 'a', rerun: 'bbb' }, { ...rule, answer, metric }).by).toBe('length');
    const judge = {
      version: 'v9',
      entails: (a: string, b: string) => (a === '?' ? undefined : a.length >= b.length),
    };
    expect(compareText({ original: 'a', rerun: 'b' }, { ...rule, judge })).toEqual({
      result: 'same',
      by: 'judge v9',
      lowerGrade: true,
    });
    expect(compareText({ original: 'a', rerun: 'bb' }, { ...rule, judge }).result).toBe('different');
    expect(compareText({ original: '?', rerun: 'b' }, { ...rule, judge }).result).toBe('undetermined');
  });
});

describe('planning: early cutoff', () => {
  const bad = (id: string, more: Raw = {}): Raw[] => [output(id, 1, more), evidence(id, 'v7')];
  const good = (id: string, from: readonly string[]): Raw[] => [output(id, 2, { from }), evidence(id, 'v6')];
  const records = [
    ...bad('a'),
    ...bad('b'),
    ...good('c', ['a']),
    ...good('d', ['c', 'b']),
    act('pay', ['d']),
    output('copy', 3, { copyOf: 'c' }),
    incident('I'),
  ];

  it('seeds first, then only what an input really changed', () => {
    const prefix = asOf(records);
    expect(planReruns(prefix, 'I')).toEqual({
      rerun: ['a', 'b'],
      review: [],
      unchanged: [],
      waiting: ['c', 'd', 'copy', 'pay'],
    });
    expect(
      planReruns(
        prefix,
        'I',
        new Map([
          ['a', 'same'],
          ['b', 'same'],
        ]),
      ),
    ).toMatchObject({ rerun: [], unchanged: ['c', 'd', 'copy', 'pay'] });
    const differs = new Map<string, RerunResult>([
      ['a', 'same'],
      ['b', 'different'],
    ]);
    expect(planReruns(prefix, 'I', differs)).toEqual({
      rerun: ['d'],
      review: [],
      unchanged: ['c', 'copy'],
      waiting: ['pay'],
    });
    expect(planReruns(prefix, 'I', new Map([...differs, ['d', 'different']]))).toMatchObject({
      rerun: [],
      review: ['pay'],
    });
  });

  it('what dispositions say counts, and what is undetermined needs a person and counts as changed', () => {
    const prefix = asOf([...records, dispose('a', 'rerun_same'), dispose('b', 'accepted')]);
    expect(planReruns(prefix, 'I')).toMatchObject({ rerun: ['d'], unchanged: ['c', 'copy'] });
    const unsure = planReruns(
      asOf(records),
      'I',
      new Map([
        ['a', 'undetermined'],
        ['b', 'same'],
      ]),
    );
    expect(unsure).toMatchObject({ rerun: ['c'], review: ['a'], waiting: ['d', 'copy', 'pay'] });
  });

  it('a seed that is also derived waits for its inputs: it is re-run on what they turn out to be', () => {
    const prefix = asOf([...bad('a'), ...bad('b', { from: ['a'] }), incident('I')]);
    expect(planReruns(prefix, 'I')).toMatchObject({ rerun: ['a'], waiting: ['b'] });
    // Clearing the input does not clear a seed.
    expect(planReruns(prefix, 'I', new Map([['a', 'same']]))).toMatchObject({ rerun: ['b'], unchanged: [] });
  });

  it('a circle that nothing decides goes to a person', () => {
    const circle = [
      ...bad('a'),
      ...good('x', ['a']),
      ...good('y', ['x']),
      { kind: 'derive', to: 'x', source: 'y' },
      incident('I'),
    ];
    expect(planReruns(asOf(circle), 'I', new Map([['a', 'different']]))).toMatchObject({
      rerun: [],
      review: ['x', 'y'],
      waiting: [],
    });
  });

  it('what led to the worst act comes first: irreversible, then amount, then age', () => {
    const led = [
      ...['w', 'x', 'y', 'z'].flatMap((id) => bad(id)),
      act('p1', ['x'], { harmCap: '900', reversibility: 'compensable' }),
      act('p2', ['y'], { harmCap: '5', reversibility: 'irreversible' }),
      act('p3', ['z'], { harmCap: '1000', reversibility: 'compensable' }),
      incident('I'),
    ];
    expect(planReruns(asOf(led), 'I').rerun).toEqual(['y', 'z', 'x', 'w']);
  });

  it('I11: run to its end it finds every real difference, re-runs no act, and nothing with unchanged inputs', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            from: fc.array(fc.nat(30), { maxLength: 3 }),
            isAct: fc.boolean(),
            flips: fc.boolean(),
          }),
          { minLength: 1, maxLength: 30 },
        ),
        simulate,
      ),
      { numRuns: 200 },
    );
  });
});

interface Simulated {
  readonly from: readonly number[];
  readonly isAct: boolean;
  readonly flips: boolean;
}

/** A world in which it is known what really differs: a seed that flips, or an output that flips on a changed input. */
function simulate(made: readonly Simulated[]): void {
  const inputs = made.map(({ from }, i) => [...new Set(from.filter((parent) => parent < i))]);
  const isSeed = inputs.map((from, i) => from.length === 0 && made[i]?.isAct === false);
  const changed: boolean[] = [];
  made.forEach(({ isAct, flips: flip }, i) => {
    const fromInput = (inputs[i] ?? []).some((parent) => changed[parent]);
    changed.push(isSeed[i] ? flip : fromInput && (isAct || flip));
  });
  const records = made.flatMap(({ isAct }, i): Raw[] => {
    const from = (inputs[i] ?? []).map((parent) => `r${parent}`);
    if (isAct) return [act(`r${i}`, from)];
    return [output(`r${i}`, i, { from }), evidence(`r${i}`, isSeed[i] ? 'v7' : 'v6')];
  });
  const { results, unchanged, review } = runToEnd(
    asOf([...records, incident('I')]),
    (i) => changed[i] === true,
  );
  for (const [record] of results) expect(made[Number(record.slice(1))]?.isAct).toBe(false);
  made.forEach(({ isAct }, i) => {
    const [record, inputChanged] = [`r${i}`, (inputs[i] ?? []).some((parent) => changed[parent])];
    if (changed[i]) expect(isAct ? review.has(record) : results.get(record) === 'different').toBe(true);
    if (unchanged.has(record)) expect(inputChanged).toBe(false);
    if (results.has(record)) expect(isSeed[i] || inputChanged).toBe(true);
  });
}

function runToEnd(
  prefix: AsOf,
  differs: (i: number) => boolean,
): { results: Map<string, RerunResult>; unchanged: Set<string>; review: Set<string> } {
  const results = new Map<string, RerunResult>();
  for (;;) {
    const plan = planReruns(prefix, 'I', results);
    if (plan.rerun.length === 0) {
      expect(plan.waiting).toEqual([]);
      return { results, unchanged: new Set(plan.unchanged), review: new Set(plan.review) };
    }
    for (const record of plan.rerun)
      results.set(record, differs(Number(record.slice(1))) ? 'different' : 'same');
  }
}

describe('sampling', () => {
  it('0 different in 3 000 bounds the rest at 0.1 % with 95 % confidence; nothing sampled bounds nothing', () => {
    expect(samplingBound(3000)).toBeCloseTo(0.001, 5);
    expect(samplingBound(0)).toBe(1);
    expect(() => samplingBound(-1)).toThrow(/out-of-range/);
    expect(() => samplingBound(10, 1)).toThrow(/out-of-range/);
  });

  it('the draw depends on the seed and the set, not on the order it is given in', () => {
    const ids = Array.from({ length: 100 }, (_, i) => `r${i}`);
    const seed = Uint8Array.of(1, 2, 3);
    expect(drawSample(ids, seed, 10)).toEqual(drawSample(ids.toReversed(), seed, 10));
    expect(drawSample(ids, seed, 10)).not.toEqual(drawSample(ids, Uint8Array.of(4), 10));
    expect(new Set(drawSample(ids, seed, 1000)).size).toBe(100);
  });
});
