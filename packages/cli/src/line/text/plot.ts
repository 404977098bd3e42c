/** The plot of the text picture: where a moment stands, and the rows that are drawn over time. */
import type { Range } from '../clock-text.ts';
import type { LineBucket, LineConsequence, LineModel, LineStep, LineVersion } from '../model.ts';
import { isSettled } from '../states.ts';
import { Row, type Style } from './row.ts';

/** Columns: a label, the plot, a margin for counts. */
export const WIDTH = 80;
const LABEL = 11;
export const PLOT = 56;

/** A row with its label and its count. */
export function labelled(label: string, margin = ''): Row {
  const row = new Row(WIDTH).put(0, label.slice(0, LABEL - 1));
  return row.put(LABEL + PLOT + 1, margin.slice(0, WIDTH - LABEL - PLOT - 1), 'faint');
}

/** The plot's column of a moment, as a column of the row. */
export function columnOf(t: number, { from, to }: Range): number {
  const column = Math.floor(((t - from) / (to - from)) * PLOT);
  return LABEL + Math.min(PLOT - 1, Math.max(0, column));
}

/** Announced: how much of each column's time a bad version had weight. */
export function putSteps(row: Row, steps: readonly LineStep[], picture: Picture): void {
  const { range, versions } = picture;
  const width = (range.to - range.from) / PLOT;
  for (let column = 0; column < PLOT; column++) {
    const span = { from: range.from + column * width, to: range.from + (column + 1) * width };
    const { bad, any } = weightIn(steps, versions, span);
    if (any > 0) put(row, LABEL + column, bad / any);
  }
}

/** Served: how much of what was measured in each column a bad version made. */
export function putServed(row: Row, buckets: readonly LineBucket[], { range, versions }: Picture): void {
  const columns = new Map<number, { bad: number; known: number }>();
  for (const { from, to, counts } of buckets) {
    const column = columnOf((from + to) / 2, range);
    const sum = columns.get(column) ?? { bad: 0, known: 0 };
    columns.set(column, sum);
    counts.forEach((count, version) => {
      sum.known += count;
      if (versions[version]?.bad === true) sum.bad += count;
    });
  }
  for (const [column, { bad, known }] of columns) {
    if (known === 0) row.put(column, '╌', 'unknown');
    else put(row, column, bad / known);
  }
}

/** Outputs: how many fell into each column; those of unknown make in `unknown` instead. */
export function putOutputs(rows: { readonly all: Row; readonly unknown: Row }, model: LineModel): void {
  const all = new Map<number, number>();
  const add = (t: number, count: number, unknown: number): void => {
    const column = columnOf(t, model.range);
    all.set(column, (all.get(column) ?? 0) + count + unknown);
    if (unknown > 0) rows.unknown.put(column, '╌', 'unknown');
  };
  if (model.outputs.kind === 'ticks') {
    for (const { t, version } of model.outputs.ticks)
      add(t, version === null ? 0 : 1, version === null ? 1 : 0);
  } else {
    for (const bucket of model.outputs.buckets)
      add((bucket.from + bucket.to) / 2, total(bucket.counts), bucket.unknown);
  }
  const most = Math.max(0, ...all.values());
  for (const [column, count] of all)
    rows.all.put(column, BARS[Math.ceil((count / most) * 8) - 1] ?? '▁', 'faint');
}

/** Signs of a kind of consequence: hollow while open, filled once settled. */
export const SIGNS: Readonly<Record<LineConsequence['kind'], readonly [open: string, settled: string]>> = {
  output: ['○', '●'],
  workflow: ['◇', '◆'],
  decision: ['△', '▲'],
  payment: ['□', '■'],
  message: ['▽', '▼'],
  memory: ['☆', '★'],
};

/** Consequences of one kind; a digit where several share a column, + for ten and more, ? for what is only possible. */
export function putConsequences(row: Row, consequences: readonly LineConsequence[], range: Range): void {
  const columns = Map.groupBy(consequences, ({ t }) => columnOf(t, range));
  for (const [column, here] of columns) {
    const open = here.some(({ state }) => !isSettled(state));
    const possible = here.every(({ standing }) => standing === 'possible');
    const style: Style = possible ? 'unknown' : open ? 'open' : 'settled';
    row.put(column, signOf(here, { open, possible }), style);
  }
}

/** What rows are drawn against. */
export interface Picture {
  readonly range: Range;
  readonly versions: readonly LineVersion[];
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function signOf(here: readonly LineConsequence[], is: { open: boolean; possible: boolean }): string {
  if (here.length > 9) return '+';
  if (here.length > 1) return String(here.length);
  if (is.possible) return '?';
  const signs = SIGNS[here[0]?.kind ?? 'output'];
  return is.open ? signs[0] : signs[1];
}

function put(row: Row, column: number, badShare: number): void {
  if (badShare === 0) row.put(column, '░', 'good');
  else row.put(column, badShare === 1 ? '█' : '▓', 'bad');
}

function weightIn(
  steps: readonly LineStep[],
  versions: readonly LineVersion[],
  span: Range,
): { bad: number; any: number } {
  let [bad, any] = [0, 0];
  steps.forEach(({ from, shares }, i) => {
    const until = steps[i + 1]?.from ?? Infinity;
    const overlap = Math.min(until, span.to) - Math.max(from, span.from);
    if (overlap <= 0) return;
    for (const { version, share } of shares) {
      any += share * overlap;
      if (versions[version]?.bad === true) bad += share * overlap;
    }
  });
  return { bad, any };
}
