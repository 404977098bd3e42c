/** Incidents as plain facts, for the tests of the picture. */
import type { LineSource, SourceRecord } from '../../src/line/source.ts';

/** 2026-11-22T12:29:00Z. */
export const START = 1_795_350_540;

export const V1 = `sha256:${'1'.repeat(64)}`;
export const V2 = `sha256:${'2'.repeat(64)}`;

/** What a scene may vary. */
export interface SceneOptions {
  /** Outputs before, between and after; at most one a second. */
  readonly outputs?: number;
  readonly rolledBack?: boolean;
  readonly final?: boolean;
  readonly settled?: boolean;
}

/** The story: v2 promoted at +20 s, rolled back at +64 s, served by node-c until +105 s, acted upon throughout. */
export function story(options: SceneOptions = {}): LineSource {
  const { rolledBack = true, final = false, settled = false } = options;
  const steps = [
    { t: START, to: { [V1]: 10_000 }, label: 'initial' as const },
    { t: START + 20, to: { [V1]: 9_000, [V2]: 1_000 }, label: 'canary' as const },
    { t: START + 28, to: { [V2]: 10_000 }, label: 'promote' as const },
    ...(rolledBack ? [{ t: START + 64, to: { [V1]: 10_000 }, label: 'rollback' as const }] : []),
  ];
  const records = [...outputs(options), ...acts(settled)].toSorted((a, b) => a.t - b.t);
  return {
    badVersions: [V2],
    badNodes: [],
    badFrom: START + 20,
    openedAt: START + 118,
    labels: new Map([
      [V1, 'v1'],
      [V2, 'v2'],
    ]),
    channels: [{ name: 'sp500-vol/prod', steps }],
    records,
    firstServed: START + 22,
    lastServed: START + 105,
    books: booksOf(records),
    footer: {
      incident: 'ab'.repeat(32),
      scopeRoot: 'cd'.repeat(32),
      logSize: 412,
      recomputedBy: { same: 2, of: 2 },
      final,
      whyNotFinal: final ? [] : ['node-c has not drained v2'],
    },
  };
}

function outputs({ outputs: count = 110, rolledBack = true }: SceneOptions): SourceRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const t = START + 2 + (i * 113) / count;
    const at = t - START;
    const node = `node-${'abc'.charAt(i % 3)}`;
    const announced = at > 28 && (!rolledBack || at < 64);
    const stale = rolledBack && at >= 64 && at <= 105 && node === 'node-c';
    const bad = announced || stale || (at > 20 && at <= 28 && i % 10 === 0);
    return {
      id: `output-${i}`,
      kind: 'output',
      t,
      standing: bad ? 'affected' : i % 37 === 5 ? 'possible' : 'clear',
      seed: true,
      state: 'open',
      channel: 'sp500-vol/prod',
      node,
      ...(i % 37 === 5 ? {} : { version: bad ? V2 : V1 }),
    } satisfies SourceRecord;
  });
}

function acts(settled: boolean): SourceRecord[] {
  const act = (kind: SourceRecord['kind'], at: number, from: number, state = 'open'): SourceRecord => ({
    id: `${kind}-${at}`,
    kind,
    t: START + at,
    standing: 'affected',
    seed: false,
    state: settled ? 'compensated' : state,
    parentT: START + from,
  });
  return [
    act('decision', 31, 29),
    act('decision', 44, 40, 'rerun_same'),
    act('decision', 58, 55),
    act('workflow', 49, 47),
    act('payment', 61, 58),
    act('payment', 78, 63, 'compensated'),
    act('payment', 93, 90),
    act('message', 70, 61),
  ];
}

function booksOf(records: readonly SourceRecord[]): LineSource['books'] {
  const scoped = records.filter(({ standing }) => standing !== 'clear');
  return [...Map.groupBy(scoped, ({ state }) => state)].map(([state, list]) => ({
    state,
    count: list.length,
  }));
}
