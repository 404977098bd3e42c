/** The bands: what was announced above what was served, in the same colours, so that a lie or a lag shows. */
import type { LineBucket, LineChannel, LineModel } from '../model.ts';
import { BANDS_TOP, bandHeights, PLOT } from './layout.ts';
import { INK, MUTED, RULE, UNKNOWN } from './palette.ts';
import type { Sheet } from './sheet.ts';

/** What the bands are drawn with. */
export interface BandTools {
  readonly sheet: Sheet;
  readonly x: (t: number) => number;
  readonly colors: readonly string[];
}

/** Draws all bands and the outputs under them. Returns the y at which threads begin. */
export function drawBands(model: LineModel, tools: BandTools): number {
  const { band, gap, head } = bandHeights(model.channels.length);
  let y = BANDS_TOP;
  const several = model.channels.length > 1;
  for (const channel of model.channels) {
    if (several && head >= 10) {
      tools.sheet.text(PLOT.left, y + head - 4, channel.name, { size: 11, weight: 600, fill: INK });
    }
    y += head;
    const rows = { said: y, done: y + band + gap, band };
    if (band >= 11) nameBands(tools.sheet, rows);
    drawAnnounced(channel, model, { ...tools, y: rows.said, height: band });
    drawServed(channel.served, { ...tools, y: rows.done, height: band });
    y = rows.done + band + gap;
  }
  return drawOutputs(model, { ...tools, y: y + 2, height: 20 });
}

// Neighbouring rectangles meet on whole pixels, so that no seams show between them.
const CRISP = { 'shape-rendering': 'crispEdges' };

interface BandAt extends BandTools {
  readonly y: number;
  readonly height: number;
}

function nameBands(sheet: Sheet, rows: { said: number; done: number; band: number }): void {
  const size = Math.min(13, rows.band * 0.8);
  const middle = rows.band / 2 + size * 0.35;
  sheet.text(PLOT.left - 12, rows.said + middle, 'announced', { size, anchor: 'end', fill: MUTED });
  sheet.text(PLOT.left - 12, rows.done + middle, 'served', { size, anchor: 'end', fill: MUTED });
}

function drawAnnounced({ steps }: LineChannel, model: LineModel, at: BandAt): void {
  frame(at);
  steps.forEach(({ from, shares }, i) => {
    const left = at.x(from);
    const right = at.x(steps[i + 1]?.from ?? model.range.to);
    let top = at.y;
    for (const { version, share } of shares) {
      const height = share * at.height;
      const label = model.versions[version]?.label ?? '';
      const box = { x: left, y: top, width: Math.max(0, right - left), height, fill: at.colors[version] };
      at.sheet.drawTitled('rect', box, `announced ${label} ${Math.round(share * 100)} %`);
      top += height;
    }
  });
}

function drawServed(buckets: readonly LineBucket[], at: BandAt): void {
  frame(at);
  for (const { from, to, counts, unknown } of buckets) {
    const all = counts.reduce((sum, count) => sum + count, unknown);
    const [left, width] = [at.x(from), at.x(to) - at.x(from)];
    let top = at.y;
    counts.forEach((count, version) => {
      if (count === 0) return;
      const height = (count / all) * at.height;
      at.sheet.draw('rect', { x: left, y: top, width, height, fill: at.colors[version], ...CRISP });
      top += height;
    });
    if (unknown > 0) {
      const height = (unknown / all) * at.height;
      at.sheet.draw('rect', { x: left, y: top, width, height, fill: 'url(#unknown)', ...CRISP });
    }
  }
}

function frame({ sheet, y, height }: BandAt): void {
  const width = PLOT.right - PLOT.left;
  sheet.draw('rect', { x: PLOT.left, y, width, height, fill: '#f4f6f8', stroke: RULE, 'stroke-width': 1 });
}

function drawOutputs({ outputs, range }: LineModel, at: BandAt): number {
  const { sheet, x, y, height } = at;
  sheet.text(PLOT.left - 12, y + 14, 'outputs', { size: 13, anchor: 'end', fill: MUTED });
  if (outputs.kind === 'density') drawDensity(outputs.buckets, at);
  else {
    const dense = outputs.ticks.length / Math.max(1, x(range.to) - x(range.from)) > 0.5;
    for (const { t, version } of outputs.ticks) {
      sheet.draw('line', {
        x1: x(t),
        x2: x(t),
        y1: y,
        y2: y + height,
        stroke: version === null ? UNKNOWN : at.colors[version],
        'stroke-width': dense ? 1 : 1.8,
        'stroke-opacity': dense ? 0.75 : 1,
        'stroke-dasharray': version === null ? '3 2.5' : undefined,
      });
    }
  }
  return y + height + 4;
}

function drawDensity(buckets: readonly LineBucket[], { sheet, x, y, height, colors }: BandAt): void {
  const sizes = buckets.map(({ counts, unknown }) => counts.reduce((sum, count) => sum + count, unknown));
  const most = sizes.reduce((a, b) => Math.max(a, b), 1);
  for (const { from, to, counts, unknown } of buckets) {
    let bottom = y + height;
    const stack = (count: number, fill: string | undefined): void => {
      if (count === 0) return;
      const part = (count / most) * height;
      bottom -= part;
      sheet.draw('rect', { x: x(from), y: bottom, width: x(to) - x(from), height: part, fill, ...CRISP });
    };
    counts.forEach((count, version) => stack(count, colors[version]));
    stack(unknown, 'url(#unknown)');
  }
}
