/** Consequences, hanging by threads from the outputs that led to them; gathered where they would cover each other. */
import { momentOf } from '../clock-text.ts';
import { CONSEQUENCE_KINDS, type ConsequenceKind, type LineConsequence, type LineModel } from '../model.ts';
import { isSettled, stateText } from '../states.ts';
import { AXIS_Y, PLOT } from './layout.ts';
import { INK, MUTED, RULE, statePaint, UNKNOWN } from './palette.ts';
import { round, type Sheet } from './sheet.ts';

const RADIUS = 6;
const STACK = 17;
/** Columns in which marks share their place: one mark wide, or as wide as a count. */
const [NARROW, WIDE] = [15, 40];

interface Lane {
  readonly sheet: Sheet;
  readonly x: (t: number) => number;
  readonly threadTop: number;
  readonly top: number;
  readonly height: number;
}

/** Draws every consequence between `threadTop` and the axis. */
export function drawConsequences(
  model: LineModel,
  sheet: Sheet,
  at: { x: (t: number) => number; threadTop: number },
): void {
  const kinds = CONSEQUENCE_KINDS.filter((kind) => model.consequences.some((each) => each.kind === kind));
  const top = at.threadTop + 22;
  const height = Math.min(78, (AXIS_Y - 8 - top) / Math.max(1, kinds.length));
  kinds.forEach((kind, i) => {
    const own = model.consequences.filter((each) => each.kind === kind);
    const lane = { sheet, ...at, top: top + i * height, height };
    nameLane(kind, own, lane);
    drawLane(own, lane);
  });
}

function nameLane(
  kind: ConsequenceKind,
  own: readonly LineConsequence[],
  { sheet, top, height }: Lane,
): void {
  const middle = top + height / 2;
  const open = own.filter(({ state }) => !isSettled(state)).length;
  sheet.draw('line', { x1: PLOT.left, x2: PLOT.right, y1: top, y2: top, stroke: RULE, 'stroke-width': 1 });
  const name = `${kind}${own.length === 1 ? '' : 's'}`.replace('memorys', 'memories');
  sheet.text(PLOT.left - 12, middle - 1, name, { size: 13, anchor: 'end', fill: INK });
  if (height < 30) return;
  sheet.text(PLOT.left - 12, middle + 14, `${open} of ${own.length} open`, {
    size: 11,
    anchor: 'end',
    fill: MUTED,
  });
}

function drawLane(own: readonly LineConsequence[], lane: Lane): void {
  const room = Math.max(1, Math.floor((lane.height - 4) / STACK));
  const narrow = Map.groupBy(own, ({ t }) => Math.floor(lane.x(t) / NARROW));
  const crowded = [...narrow.values()].some((group) => group.length > room);
  const groups = crowded ? Map.groupBy(own, ({ t }) => Math.floor(lane.x(t) / WIDE)) : narrow;
  for (const group of groups.values()) {
    if (group.length > room) drawGathered(group, lane);
    else
      group.forEach((each, i) =>
        drawOne(each, lane, lane.top + (lane.height - (group.length - 1) * STACK) / 2 + i * STACK),
      );
  }
}

function drawOne(each: LineConsequence, lane: Lane, y: number): void {
  const at = lane.x(each.t);
  const possible = each.standing === 'possible';
  const { fill, stroke } = possible ? { fill: '#ffffff', stroke: UNKNOWN } : statePaint(each.state);
  drawThread(lane, { from: lane.x(each.parentT ?? each.t), to: at, y: y - RADIUS, stroke, opacity: 0.55 });
  const words = `${each.kind} ${each.id.slice(0, 12)}, ${momentOf(each.t)}, ${possible ? 'possible, ' : ''}${stateText(each.state)}`;
  const look = { fill, stroke, 'stroke-width': 2, 'stroke-dasharray': possible ? '2.5 2' : undefined };
  lane.sheet.drawTitled('path', { d: shape(each.kind, at, y), ...look }, words);
}

/** Many in one place: a bar as long as their number is wide, in the colour of what is open among them. */
function drawGathered(group: readonly LineConsequence[], lane: Lane): void {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = (Math.floor(lane.x(group[0]?.t ?? 0) / WIDE) + 0.5) * WIDE;
  const y = lane.top + lane.height / 2;
  const open = group.filter(({ state }) => !isSettled(state)).length;
  const paint = statePaint(open > 0 ? 'open' : (group[0]?.state ?? 'open'));
  const from = mean(group.map(({ t, parentT }) => lane.x(parentT ?? t)));
  drawThread(lane, { from, to: at, y: y - 9, stroke: paint.stroke, opacity: 0.55 });
  const words = `${group.length} in one place, ${open} open`;
  const look = { fill: open > 0 ? '#ffffff' : paint.fill, stroke: paint.stroke, 'stroke-width': 2 };
  lane.sheet.drawTitled('rect', { x: at - 17, y: y - 9, width: 34, height: 18, rx: 9, ...look }, words);
  const text = group.length < 1_000 ? String(group.length) : `${Math.floor(group.length / 1_000)}k`;
  lane.sheet.text(at, y + 4, text, { size: 11, anchor: 'middle', weight: 600, fill: INK });
}

function drawThread(
  { sheet, threadTop }: Lane,
  thread: {
    readonly from: number;
    readonly to: number;
    readonly y: number;
    readonly stroke: string;
    readonly opacity: number;
  },
): void {
  const { from, to, y, stroke, opacity } = thread;
  const bend = threadTop + (y - threadTop) * 0.55;
  const d = `M${round(from)} ${round(threadTop)}C${round(from)} ${round(bend)} ${round(to)} ${round(bend)} ${round(to)} ${round(y)}`;
  sheet.draw('path', { d, fill: 'none', stroke, 'stroke-width': 1.2, 'stroke-opacity': opacity });
}

/** A mark per kind, so that colour is never the only sign. */
function shape(kind: ConsequenceKind, x: number, y: number): string {
  const r = RADIUS;
  const path = (points: readonly (readonly [number, number])[]): string =>
    `M${points.map(([dx, dy]) => `${round(x + dx)} ${round(y + dy)}`).join('L')}Z`;
  switch (kind) {
    case 'output':
      return `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    case 'workflow':
      return path([
        [0, -r - 1.5],
        [r + 1.5, 0],
        [0, r + 1.5],
        [-r - 1.5, 0],
      ]);
    case 'decision':
      return path([
        [0, -r - 1],
        [r + 1, r],
        [-r - 1, r],
      ]);
    case 'payment':
      return path([
        [-r, -r],
        [r, -r],
        [r, r],
        [-r, r],
      ]);
    case 'message':
      return path([
        [-r - 1, -r],
        [r + 1, -r],
        [0, r + 1],
      ]);
    case 'memory':
      return path([
        [-r, -r],
        [r, -r],
        [r, 2],
        [0, r + 2],
        [-r, 2],
      ]);
  }
}
