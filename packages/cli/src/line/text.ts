/** "The line" as text: at most 80 columns, complete without colour. */
import { axisTicks, clockOf, dayOf } from './clock-text.ts';
import { CONSEQUENCE_KINDS, type LineModel } from './model.ts';
import { inOrder, isSettled, recomputedText, stateText } from './states.ts';
import {
  columnOf,
  labelled,
  PLOT,
  putConsequences,
  putOutputs,
  putServed,
  putSteps,
  SIGNS,
  WIDTH,
} from './text/plot.ts';
import { Row, type Style, wrap } from './text/row.ts';

/** Reasons shown before the rest are counted. */
const MAX_REASONS = 4;

/** The picture's lines. @param options.color  ANSI colours, for terminals that want them */
export function lineText(model: LineModel, options: { readonly color: boolean }): string[] {
  const [shown, hanging] = [bands(model), consequences(model)];
  const plot = [...shown, ...hanging];
  for (const row of shown) markRollbacks(row, model, () => true);
  // A consequence is never hidden behind the line.
  for (const row of hanging) markRollbacks(row, model, (column) => row.isBlank(column, 1));
  const rows = [...headline(model), new Row(WIDTH), ...plot, ...axis(model), ...moments(model)];
  const all = [...rows, new Row(WIDTH), ...books(model), ...footer(model)];
  return all.map((row) => row.render(options.color));
}

function headline({ title, detail }: LineModel): Row[] {
  const titles = wrap(title, WIDTH).map((line) => new Row(WIDTH).put(0, line, 'strong'));
  return [...titles, ...wrap(detail, WIDTH).map((line) => new Row(WIDTH).put(0, line))];
}

function bands(model: LineModel): Row[] {
  const rows: Row[] = [];
  for (const { name, steps, served } of model.channels) {
    if (model.channels.length > 1) rows.push(new Row(WIDTH).put(0, name, 'strong'));
    const said = labelled('announced', legend(model, false));
    const done = labelled('served', legend(model, true));
    putSteps(said, steps, model);
    putServed(done, served, model);
    rows.push(said, done);
  }
  const [all, unknown] = [labelled('outputs', countText(outputCount(model))), labelled('unknown')];
  putOutputs({ all, unknown }, model);
  const anyUnknown =
    model.outputs.kind === 'ticks'
      ? model.outputs.ticks.some(({ version }) => version === null)
      : model.outputs.buckets.some((bucket) => bucket.unknown > 0);
  return anyUnknown ? [...rows, all, unknown] : [...rows, all];
}

function legend({ versions }: LineModel, bad: boolean): string {
  const labels = versions.filter((version) => version.bad === bad).map(({ label }) => label);
  return labels.length === 0 ? '' : `${bad ? '█' : '░'} ${labels.join(', ')}`;
}

function consequences(model: LineModel): Row[] {
  return CONSEQUENCE_KINDS.flatMap((kind) => {
    const own = model.consequences.filter((each) => each.kind === kind);
    if (own.length === 0) return [];
    const open = own.filter(({ state }) => !isSettled(state)).length;
    const counts = `${countText(open)}/${countText(own.length)}`;
    // Beside large counts there is no room for the word.
    const row = labelled(`${SIGNS[kind][0]} ${kind}`, counts.length > 7 ? counts : `${counts} open`);
    putConsequences(row, own, model.range);
    return [row];
  });
}

/** The one thick line: to the right of it stands what the rollback did not undo. */
function markRollbacks(row: Row, model: LineModel, free: (column: number) => boolean): void {
  for (const { t, kind } of model.marks) {
    const column = columnOf(t, model.range);
    if (kind !== 'incident' && free(column)) row.put(column, '┃', 'strong');
  }
}

function axis({ range, marks }: LineModel): Row[] {
  const clock = clockOf(range);
  const line = labelled('').put(columnOf(range.from, range), '─'.repeat(PLOT), 'faint');
  const labels = labelled(dayOf(range.from));
  for (const t of axisTicks(range, 5)) {
    const column = columnOf(t, range);
    const label = clock(t);
    line.put(column, '┴', 'faint');
    const at = column - Math.floor(label.length / 2);
    if (at > 10 && at + label.length <= WIDTH && labels.isBlank(at - 1, label.length + 2))
      labels.put(at, label, 'faint');
  }
  for (const { t, kind } of marks) if (kind !== 'incident') line.put(columnOf(t, range), '╂', 'strong');
  return [line, labels];
}

function moments({ range, firstBad, lastServed, marks }: LineModel): Row[] {
  const clock = clockOf(range);
  const served = [
    ...(firstBad === undefined ? [] : [{ t: firstBad, text: 'first bad output', sign: '├' }]),
    ...(lastServed === undefined ? [] : [{ t: lastServed, text: 'last bad output', sign: '┤' }]),
  ];
  const marked = marks.map(({ t, kind, text }) => ({ t, text, sign: kind === 'incident' ? '!' : '┃' }));
  return [...served, ...marked]
    .toSorted((a, b) => a.t - b.t)
    .map(({ t, text, sign }) =>
      new Row(WIDTH).put(0, `${clock(t)} ${sign} ${text}`.slice(0, WIDTH), 'faint'),
    );
}

const BOOK_SIGNS: readonly string[] = ['█', '▓', '▒', '░'];

function books(model: LineModel): Row[] {
  const entries = inOrder(model.books);
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return [new Row(WIDTH).put(0, 'books      nothing is in scope')];
  const bar = labelled('books', `${countText(total)} in all`);
  let [at, before] = [columnOf(model.range.from, model.range), 0];
  const words: { text: string; style: Style }[] = [];
  entries.forEach(({ state, count }, i) => {
    const sign = isSettled(state) ? (BOOK_SIGNS[Math.min(3, 1 + (i % 3))] ?? '░') : '█';
    const style = isSettled(state) ? 'settled' : 'open';
    before += count;
    // Rounding the running sum keeps the bar exactly as wide as the plot.
    const end = columnOf(model.range.from, model.range) + Math.round((before / total) * PLOT);
    bar.put(at, sign.repeat(Math.max(0, end - at)), style);
    at = end;
    words.push({ text: `${sign} ${countText(count)} ${stateText(state)}`, style });
  });
  return [bar, ...keyRows(words)];
}

function keyRows(words: readonly { text: string; style: Style }[]): Row[] {
  const rows = [new Row(WIDTH)];
  let at = 11;
  for (const { text, style } of words) {
    if (at + text.length > WIDTH) {
      rows.push(new Row(WIDTH));
      at = 11;
    }
    rows.at(-1)?.put(at, text, style);
    at += text.length + 3;
  }
  return rows;
}

function footer({
  footer: { incident, scopeRoot, logSize, recomputedBy, final, whyNotFinal, closure },
}: LineModel): Row[] {
  const lines = [
    `incident   ${incident}`,
    `scope root ${scopeRoot}`,
    ...wrap(
      `as of log size ${logSize}, ${recomputedText(recomputedBy)}, ${final ? 'final' : 'not final:'}`,
      WIDTH,
    ),
    ...whyNotFinal
      .slice(0, MAX_REASONS)
      .flatMap((reason) => wrap(`- ${reason}`, WIDTH - 2).map((line) => `  ${line}`)),
  ];
  if (closure !== undefined) lines.splice(2, 0, ...wrap(closure, WIDTH));
  const rest = whyNotFinal.length - MAX_REASONS;
  if (rest > 0) lines.push(`  - and ${rest} more, all of them with --json`);
  return lines.map((line) => new Row(WIDTH).put(0, line, 'faint'));
}

function outputCount({ outputs }: LineModel): number {
  if (outputs.kind === 'ticks') return outputs.ticks.length;
  return outputs.buckets.reduce(
    (sum, { counts, unknown }) => counts.reduce((a, b) => a + b, sum + unknown),
    0,
  );
}

/** A count in at most four characters. */
function countText(count: number): string {
  if (count < 10_000) return String(count);
  if (count < 1_000_000) return `${Math.floor(count / 1_000)}k`;
  return `${Math.floor(count / 1_000_000)}M`;
}
