/** The moments above the bands: rollbacks as the one thick line, and the stretch in which bad outputs were made. */
import { clockOf } from '../clock-text.ts';
import type { LineModel } from '../model.ts';
import { AXIS_Y, BANDS_TOP, FLAGS, PLOT } from './layout.ts';
import { INK, MUTED } from './palette.ts';
import { type Sheet, textWidth, type TextStyle } from './sheet.ts';

interface Flag {
  readonly t: number;
  readonly text: string;
  readonly strong: boolean;
}

/** The shade from the first bad output to the last. Drawn first, so that everything lies on it. */
export function drawShade({ firstBad, lastServed }: LineModel, sheet: Sheet, x: (t: number) => number): void {
  if (firstBad === undefined || lastServed === undefined) return;
  const [left, right] = [x(firstBad), x(lastServed)];
  const box = { x: left, y: BANDS_TOP - 8, width: Math.max(2, right - left), height: AXIS_Y - BANDS_TOP + 8 };
  sheet.draw('rect', { ...box, fill: '#d55e00', 'fill-opacity': 0.07 });
}

/** Lines and labels. A label that finds no room is left to the moment's own line and the text form. */
export function drawMarks(model: LineModel, sheet: Sheet, x: (t: number) => number): void {
  const taken: number[][] = Array.from({ length: FLAGS.lanes }, () => []);
  const clock = clockOf(model.range);
  const labels = flagsOf(model).map((flag) => {
    const { t, strong } = flag;
    const style: TextStyle = { size: 13, weight: strong ? 700 : 400, fill: strong ? INK : MUTED };
    const text = `${flag.text} ${clock(t)}`;
    return { at: x(t), strong, style, text, place: findPlace(x(t), textWidth(text, style), taken) };
  });
  for (const { at, strong, place } of labels) {
    drawStem(sheet, { at, strong, top: place === undefined ? BANDS_TOP - 10 : laneTop(place.lane) + 6 });
  }
  // After all stems, on paper of its own: a label in a lower lane must stay readable where a stem passes.
  for (const { text, style, place } of labels)
    if (place !== undefined) drawLabel(sheet, text, { style, place });
}

const laneTop = (lane: number): number => FLAGS.top + lane * FLAGS.lane;

function drawLabel(
  sheet: Sheet,
  text: string,
  at: { readonly style: TextStyle; readonly place: Place },
): void {
  const { lane, x, anchor } = at.place;
  const width = textWidth(text, at.style) * 0.94;
  const left = anchor === 'start' ? x - 1 : x - width + 1;
  sheet.draw('rect', {
    x: left,
    y: laneTop(lane) + 1,
    width,
    height: 14,
    fill: '#ffffff',
    'fill-opacity': 0.88,
  });
  sheet.text(x, laneTop(lane) + 12, text, { ...at.style, anchor });
}

function flagsOf({ marks, firstBad, lastServed }: LineModel): Flag[] {
  const flags = marks.map(({ t, kind, text }) => ({ t, text, strong: kind !== 'incident' }));
  if (firstBad !== undefined) flags.push({ t: firstBad, text: 'first bad output', strong: false });
  if (lastServed !== undefined) flags.push({ t: lastServed, text: 'last bad output', strong: false });
  // What matters most is placed first, so that it has its place.
  return flags.toSorted((a, b) => Number(b.strong) - Number(a.strong) || a.t - b.t);
}

interface Place {
  readonly lane: number;
  readonly x: number;
  readonly anchor: 'start' | 'end';
}

/** The first lane, from below, with room beside the stem: to its right, or else to its left. */
function findPlace(at: number, width: number, taken: number[][]): Place | undefined {
  for (let lane = FLAGS.lanes - 1; lane >= 0; lane--) {
    const spans = taken[lane] ?? [];
    for (const anchor of ['start', 'end'] as const) {
      const x = anchor === 'start' ? at + 6 : at - 6;
      const left = anchor === 'start' ? x : x - width;
      const right = left + width;
      if (left < PLOT.left - 110 || right > PLOT.right + 20) continue;
      if (spans.some((from, i) => i % 2 === 0 && left < (spans[i + 1] ?? 0) + 12 && right > from - 12))
        continue;
      spans.push(left, right);
      return { lane, x, anchor };
    }
  }
  return undefined;
}

function drawStem(
  sheet: Sheet,
  stem: { readonly at: number; readonly top: number; readonly strong: boolean },
): void {
  const { at, top, strong } = stem;
  sheet.draw('line', {
    x1: at,
    x2: at,
    y1: top,
    y2: AXIS_Y,
    stroke: strong ? INK : MUTED,
    'stroke-width': strong ? 4 : 1,
    'stroke-dasharray': strong ? undefined : '2 4',
  });
}
