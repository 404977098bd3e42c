/** The books as one stacked bar: everything in scope, by what became of it. */
import type { LineModel } from '../model.ts';
import { inOrder, stateText } from '../states.ts';
import { BOOKS } from './layout.ts';
import { INK, MUTED, RULE, statePaint } from './palette.ts';
import type { Sheet } from './sheet.ts';

const LINE = 19;

/** Draws the bar and its labels. */
export function drawBooks(model: LineModel, sheet: Sheet): void {
  const { left, width, top, bottom } = BOOKS;
  const entries = inOrder(model.books);
  const total = entries.reduce((sum, { count }) => sum + count, 0);
  sheet.text(left, top - 34, 'The books', { size: 16, weight: 600, fill: INK });
  sheet.text(left, top - 15, total === 0 ? 'nothing in scope' : `${total.toLocaleString('en')} in scope`, {
    size: 13,
    fill: MUTED,
  });
  sheet.draw('rect', { x: left, y: top, width, height: bottom - top, fill: '#f4f6f8', stroke: RULE });
  if (total === 0) return;
  let y: number = top;
  const centres = entries.map(({ state, count }) => {
    const height = (count / total) * (bottom - top);
    const { fill, stroke } = statePaint(state);
    sheet.drawTitled(
      'rect',
      { x: left, y, width, height, fill, stroke, 'stroke-width': 1.5 },
      `${count} ${stateText(state)}`,
    );
    y += height;
    return y - height / 2;
  });
  const places = spread(centres);
  entries.forEach(({ state, count }, i) => {
    const at = places[i] ?? bottom;
    const text = `${count.toLocaleString('en')} ${stateText(state)}`;
    const from = { x: left + width + 3, y: centres[i] ?? at };
    sheet.draw('line', {
      x1: from.x,
      y1: from.y,
      x2: left + width + 12,
      y2: at,
      stroke: statePaint(state).stroke,
      'stroke-width': 1,
    });
    sheet.text(left + width + 16, at + 4.5, text, { size: 13, fill: INK });
  });
}

/** Moves labels apart, down first, then back up so that the last one stays beside the bar. */
function spread(centres: readonly number[]): number[] {
  const places: number[] = [];
  for (const centre of centres) places.push(Math.max(centre, (places.at(-1) ?? -Infinity) + LINE));
  let limit: number = BOOKS.bottom - 4;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i] ?? limit, limit);
    limit = (places[i] ?? limit) - LINE;
  }
  return places;
}
