/** Moments as people read them: UTC, as fine as the picture's range needs. */

const SECOND = 1;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Distances between axis ticks that people can count in, in seconds. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((n) => n * DAY),
];

/** A stretch of time in Unix seconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Formats moments of one range: with seconds when it is short, with the date when it spans days. */
export function clockOf(range: Range): (t: number) => string {
  const span = range.to - range.from;
  const cut = span > 3 * DAY ? [0, 10] : span > DAY ? [5, 16] : span > 2 * HOUR ? [11, 16] : [11, 19];
  return (t) => iso(t).slice(cut[0], cut[1]).replace('T', ' ');
}

/** The day of a moment, `2026-11-22`. */
export const dayOf = (t: number): string => iso(t).slice(0, 10);

/** A moment to the second, `2026-11-22T12:30:04Z`. */
export const momentOf = (t: number): string => `${iso(t).slice(0, 19)}Z`;

/** Round moments in `range`, at most `most` of them, evenly spaced. */
export function axisTicks(range: Range, most: number): number[] {
  const span = Math.max(1, range.to - range.from);
  const step = STEPS.find((each) => span / each <= most) ?? Math.ceil(span / most / DAY) * DAY;
  const ticks: number[] = [];
  for (let t = Math.ceil(range.from / step) * step; t <= range.to; t += step) ticks.push(t);
  return ticks;
}

/** A length of time in words short enough for a sentence: `41 s`, `3 min`, `2 h`, `5 days`. */
export function lengthText(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 2 * HOUR) return `${Math.round(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.round(seconds / HOUR)} h`;
  return `${Math.round(seconds / DAY)} days`;
}

const iso = (t: number): string => new Date(Math.floor(t) * 1_000).toISOString();
