/** Consequences, hanging by threads from the outputs that led to them; gathered where they would cover each other. */
import { momentOf } from '../clock-text.ts';
import { CONSEQUENCE_KINDS, type ConsequenceKind, type LineConsequence, type LineModel } from '../model.ts';
import { isSettled, stateText } from '../states.ts';
import { AXIS_Y, PLOT } from './layout.ts';
import { INK, MUTED, RULE, statePaint, type StatePaint, UNKNOWN } from './palette.ts';
import { round, type Sheet } from './sheet.ts';

const RADIUS = 6;
const STACK = 17;
/** Columns in which marks share their place: one mark wide, or as wide as a count. */
const [NARROW, WIDE] = [15, 40];

/** Where one consequence, or several that share their place, stand. */
interface Placed {
  readonly members: readonly LineConsequence[];
  readonly x: number;
  readonly y: number;
}

interface Lane {
  readonly x: (t: number) => number;
  readonly top: number;
  readonly height: number;
}

/** Draws every consequence between `threadTop` and the axis. */
export function drawConsequences(
  model: LineModel,
  sheet: Sheet,
  at: { readonly x: (t: number) => number; readonly threadTop: number },
): void {
  const kinds = CONSEQUENCE_KINDS.filter((kind) => model.consequences.some((each) => each.kind === kind));
  const top = at.threadTop + 22;
  const height = Math.min(78, (AXIS_Y - 8 - top) / Math.max(1, kinds.length));
  const placed = kinds.flatMap((kind, i) => {
    const own = model.consequences.filter((each) => each.kind === kind);
    const lane = { x: at.x, top: top + i * height, height };
    nameLane(sheet, { kind, own, lane });
    return placesIn(lane, own);
  });
  // Threads first, so that no mark lies under one.
  for (const thread of threadsOf(placed, at)) sheet.draw('path', thread);
  for (const place of placed) drawMark(sheet, place);
}

function nameLane(
  sheet: Sheet,
  of: { readonly kind: ConsequenceKind; readonly own: readonly LineConsequence[]; readonly lane: Lane },
): void {
  const { kind, own, lane } = of;
  const middle = lane.top + lane.height / 2;
  const open = own.filter(({ state }) => !isSettled(state)).length;
  const line = { x1: PLOT.left, x2: PLOT.right, y1: lane.top, y2: lane.top };
  sheet.draw('line', { ...line, stroke: RULE, 'stroke-width': 1 });
  const name = `${kind}${own.length === 1 ? '' : 's'}`.replace('memorys', 'memories');
  sheet.text(PLOT.left - 12, middle - 1, name, { size: 13, anchor: 'end', fill: INK });
  if (lane.height < 30) return;
  const count = `${open} of ${own.length} open`;
  sheet.text(PLOT.left - 12, middle + 14, count, { size: 11, anchor: 'end', fill: MUTED });
}

/** Stacks what shares a column; where a stack would not fit, the whole lane is gathered into wider columns. */
function placesIn(lane: Lane, own: readonly LineConsequence[]): Placed[] {
  const room = Math.max(1, Math.floor((lane.height - 4) / STACK));
  const middle = lane.top + lane.height / 2;
  const narrow = Map.groupBy(own, ({ t }) => Math.floor(lane.x(t) / NARROW));
  const crowded = [...narrow.values()].some((group) => group.length > room);
  const groups = crowded ? Map.groupBy(own, ({ t }) => Math.floor(lane.x(t) / WIDE)) : narrow;
  return [...groups].flatMap(([column, group]): Placed[] => {
    if (group.length > room) return [{ members: group, x: (column + 0.5) * WIDE, y: middle }];
    const first = middle - ((group.length - 1) * STACK) / 2;
    return group.map((each, i) => ({ members: [each], x: lane.x(each.t), y: first + i * STACK }));
  });
}

/** One thread per mark: from its parent's own mark where that is drawn, else from the outputs. */
function threadsOf(
  placed: readonly Placed[],
  at: { readonly x: (t: number) => number; readonly threadTop: number },
): Readonly<Record<string, string | number>>[] {
  const places = new Map(placed.flatMap((place) => place.members.map(({ id }) => [id, place] as const)));
  return placed.map(({ members: [first], x, y, members }) => {
    const parent = places.get(first?.parent ?? '');
    const t = first?.parentT ?? first?.t ?? 0;
    const from = parent === undefined ? { x: at.x(t), y: at.threadTop } : { x: parent.x, y: parent.y };
    const d = curve(from, { x, y });
    return { d, fill: 'none', stroke: paintOf(members).stroke, 'stroke-width': 1.2, 'stroke-opacity': 0.5 };
  });
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function curve(from: Point, to: Point): string {
  const bend = from.y + (to.y - from.y) * 0.55;
  const points = [from.x, bend, to.x, bend, to.x, to.y].map(round).join(' ');
  return `M${round(from.x)} ${round(from.y)}C${points}`;
}

function drawMark(sheet: Sheet, place: Placed): void {
  const [only] = place.members;
  if (only !== undefined && place.members.length === 1) drawOne(sheet, only, place);
  else drawGathered(sheet, place);
}

function drawOne(sheet: Sheet, each: LineConsequence, { x, y, members }: Placed): void {
  const possible = each.standing === 'possible' ? 'possible, ' : '';
  const words = `${each.kind} ${each.id.slice(0, 12)}, ${momentOf(each.t)}, ${possible}${stateText(each.state)}`;
  const dash = possible === '' ? undefined : '2.5 2';
  const look = { ...paintOf(members), 'stroke-width': 2, 'stroke-dasharray': dash };
  sheet.drawTitled('path', { d: shape(each.kind, x, y), ...look }, words);
}

/** Many in one place: their number, in the colour of what is open among them. */
function drawGathered(sheet: Sheet, { members, x, y }: Placed): void {
  const open = members.filter(({ state }) => !isSettled(state)).length;
  const box = { x: x - 17, y: y - 9, width: 34, height: 18, rx: 9 };
  const words = `${members.length} in one place, ${open} open`;
  sheet.drawTitled('rect', { ...box, ...paintOf(members), 'stroke-width': 2 }, words);
  const text = members.length < 1_000 ? String(members.length) : `${Math.floor(members.length / 1_000)}k`;
  sheet.text(x, y + 4, text, { size: 11, anchor: 'middle', weight: 600, fill: INK });
}

/** What is open shows first; what is only possible is grey. */
function paintOf(members: readonly LineConsequence[]): StatePaint {
  if (members.every(({ standing }) => standing === 'possible')) return { fill: '#ffffff', stroke: UNKNOWN };
  const open = members.find(({ state }) => !isSettled(state));
  return statePaint((open ?? members[0])?.state ?? 'open');
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
