/** "The line" as one self-contained SVG: no script, no font, nothing fetched. */
import { wrap } from './text/row.ts';
import { momentOf } from './clock-text.ts';
import type { LineModel } from './model.ts';
import { stateText } from './states.ts';
import { drawBands } from './svg/bands.ts';
import { drawBooks } from './svg/books.ts';
import { HEIGHT, scaleOf, WIDTH } from './svg/layout.ts';
import { drawAxis, drawFooter, drawLegend } from './svg/legend.ts';
import { drawMarks, drawShade } from './svg/marks.ts';
import { INK, MUTED, versionColors } from './svg/palette.ts';
import { Sheet, textWidth } from './svg/sheet.ts';
import { drawConsequences } from './svg/threads.ts';

/** The picture as SVG text. */
export const lineSvg = (model: LineModel): string => drawLine(model).render(model.title, description(model));

/** The picture as a sheet, which knows where its texts stand. */
export function drawLine(model: LineModel): Sheet {
  const sheet = new Sheet(WIDTH, HEIGHT);
  const x = scaleOf(model.range);
  const colors = versionColors(model.versions);
  drawPaper(sheet);
  drawHeadline(model, sheet);
  drawShade(model, sheet, x);
  const threadTop = drawBands(model, { sheet, x, colors });
  // Under the consequences: the thick line must hide none of them.
  drawMarks(model, sheet, x);
  drawConsequences(model, sheet, { x, threadTop });
  drawAxis(model, sheet, x);
  drawBooks(model, sheet);
  drawLegend(model, sheet, colors);
  drawFooter(model, sheet);
  return sheet;
}

function drawPaper(sheet: Sheet): void {
  sheet.draw('rect', { x: 0, y: 0, width: WIDTH, height: HEIGHT, fill: '#ffffff' });
  sheet.hatch('unknown');
}

/** The finding, as large as it fits on one line. */
function drawHeadline({ title, detail }: LineModel, sheet: Sheet): void {
  const room = WIDTH - 64;
  const size = Math.max(
    18,
    Math.min(30, Math.floor((30 * room) / textWidth(title, { size: 30, weight: 700 }))),
  );
  sheet.text(32, 52, cutTo(title, room, { size, weight: 700 }), { size, weight: 700, fill: INK });
  const [first = '', ...rest] = wrap(detail, Math.floor(room / textWidth('x', { size: 16 })));
  if (first !== '') sheet.text(32, 82, rest.length === 0 ? first : `${first} …`, { size: 16, fill: MUTED });
}

function cutTo(text: string, room: number, style: { size: number; weight: 700 }): string {
  const most = Math.floor(room / textWidth('x', style));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** What a screen reader says: all that the picture shows, in sentences. */
function description(model: LineModel): string {
  const { detail, range, footer, books, marks } = model;
  const sentences = [
    detail,
    `From ${momentOf(range.from)} to ${momentOf(range.to)}.`,
    ...marks.map(({ t, text }) => `${momentOf(t)}: ${text}.`),
    `Books: ${books.map(({ state, count }) => `${count} ${stateText(state)}`).join(', ') || 'nothing in scope'}.`,
    `Scope root ${footer.scopeRoot} as of log size ${footer.logSize}, ${footer.final ? 'final' : 'not final'}.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}
