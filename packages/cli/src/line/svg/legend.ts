/** Below the plot: the axis, what colours and shapes mean, and what anybody needs to check the picture. */
import { axisTicks, clockOf, dayOf } from '../clock-text.ts';
import type { LineModel } from '../model.ts';
import { inOrder, recomputedText, stateText } from '../states.ts';
import { AXIS_Y, HEIGHT, PLOT, WIDTH } from './layout.ts';
import { INK, MUTED, statePaint, UNKNOWN } from './palette.ts';
import { type Sheet, textWidth } from './sheet.ts';

const LEFT = 32;

/** The axis of time, UTC. */
export function drawAxis({ range }: LineModel, sheet: Sheet, x: (t: number) => number): void {
  sheet.draw('line', {
    x1: PLOT.left,
    x2: PLOT.right,
    y1: AXIS_Y,
    y2: AXIS_Y,
    stroke: INK,
    'stroke-width': 1,
  });
  const clock = clockOf(range);
  const size = 12;
  for (const t of axisTicks(range, 8)) {
    const label = clock(t);
    const half = textWidth(label, { size }) / 2;
    if (x(t) - half < PLOT.left - 4 || x(t) + half > PLOT.right + 4) continue;
    sheet.draw('line', { x1: x(t), x2: x(t), y1: AXIS_Y, y2: AXIS_Y + 5, stroke: INK, 'stroke-width': 1 });
    sheet.text(x(t), AXIS_Y + 19, label, { size, anchor: 'middle', fill: MUTED });
  }
  sheet.text(PLOT.left - 12, AXIS_Y + 19, `${dayOf(range.from)} UTC`, { size, anchor: 'end', fill: MUTED });
}

/** Versions, and the states that occur. What finds no room on its line stands in the books as well. */
export function drawLegend(model: LineModel, sheet: Sheet, colors: readonly string[]): void {
  const y = AXIS_Y + 50;
  let at = LEFT;
  const put = (text: string, swatch: (x: number) => void): void => {
    const width = 20 + textWidth(text, { size: 12 }) + 20;
    if (at + width > WIDTH - LEFT) return;
    swatch(at);
    sheet.text(at + 20, y, text, { size: 12, fill: INK });
    at += width;
  };
  const square = { y: y - 10, width: 12, height: 12, rx: 2 };
  model.versions.forEach(({ label, bad }, i) =>
    put(bad ? `${label} (bad)` : label, (x) => sheet.draw('rect', { x, ...square, fill: colors[i] })),
  );
  if (hasUnknown(model)) {
    put('version unknown', (x) =>
      sheet.draw('line', {
        x1: x + 6,
        x2: x + 6,
        y1: y - 12,
        y2: y + 4,
        stroke: UNKNOWN,
        'stroke-width': 2,
        'stroke-dasharray': '3 2.5',
      }),
    );
  }
  for (const { state } of inOrder(model.books)) {
    const { fill, stroke } = statePaint(state);
    put(stateText(state), (x) =>
      sheet.draw('circle', { cx: x + 6, cy: y - 4, r: 5.5, fill, stroke, 'stroke-width': 2 }),
    );
  }
}

/** Scope root, log size, who recomputed it, and why it is not final. */
export function drawFooter({ footer }: LineModel, sheet: Sheet): void {
  const { scopeRoot, logSize, recomputedBy, final, whyNotFinal, closure } = footer;
  const style = { size: 12, fill: MUTED };
  const checked = `log size ${logSize}, ${recomputedText(recomputedBy)}`;
  sheet.draw('line', {
    x1: LEFT,
    x2: WIDTH - LEFT,
    y1: HEIGHT - 64,
    y2: HEIGHT - 64,
    stroke: '#e3e7eb',
    'stroke-width': 1,
  });
  sheet.text(LEFT, HEIGHT - 42, `scope root ${scopeRoot}`, { ...style, mono: true });
  sheet.text(WIDTH - LEFT, HEIGHT - 42, checked, { ...style, anchor: 'end' });
  const [first = '', ...more] = whyNotFinal;
  const rest = more.length === 0 ? '' : `, and ${more.length} more`;
  const drained = final ? 'final: every lease is drained' : `not final: ${first}${rest}`;
  const words = cut(closure === undefined ? drained : `${closure}; ${drained}`, WIDTH - 2 * LEFT);
  sheet.text(LEFT, HEIGHT - 20, words, { size: 13, weight: 600, fill: final ? MUTED : '#a02010' });
}

function hasUnknown({ outputs }: LineModel): boolean {
  return outputs.kind === 'ticks'
    ? outputs.ticks.some(({ version }) => version === null)
    : outputs.buckets.some(({ unknown }) => unknown > 0);
}

function cut(text: string, width: number): string {
  const most = Math.floor(width / textWidth('x', { size: 13, weight: 600 }));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
