/** What a channel announced over time, as known at a prefix. */
import { perPrefix, type AsOf } from '../as-of.ts';
import type { Decision } from '../columns/decision-table.ts';

/** From `from` until the next segment, the channel announces `to`. */
export interface Segment {
  readonly from: number;
  readonly to: ReadonlyMap<number, number>;
}

/** A half-open span of time; `null` means it is still open. */
export type Span = readonly [from: number, to: number | null];

/** PROTOCOL 3.2: as known then, a decision cannot act before it was recorded. */
const actingTime = (decision: Decision): number => Math.max(decision.effective, decision.t);

const statedTime = (decision: Decision): number => decision.effective;

const asKnown = perPrefix((prefix: AsOf, channel: number) => fold(prefix, channel, actingTime));
const corrected = perPrefix((prefix: AsOf, channel: number) => fold(prefix, channel, statedTime));

/**
 * A channel's segments, ascending in time and none empty. Before the first one it announces nothing.
 *
 * @param view `corrected` takes each decision's effective time as it stands; blame uses `as-known` (I2)
 */
export function timeline(prefix: AsOf, channel: number, view: 'as-known' | 'corrected'): readonly Segment[] {
  return view === 'corrected' ? corrected(prefix, channel) : asKnown(prefix, channel);
}

/** Index of the segment that holds moment `at`, or −1 before the first one. */
export function segmentAt(segments: readonly Segment[], at: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as Segment).from <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The spans in which some version of `versions` had weight, merged where they touch. */
export function announcedSpans(segments: readonly Segment[], versions: ReadonlySet<number>): readonly Span[] {
  const spans: [number, number | null][] = [];
  segments.forEach((segment, i) => {
    if (!announcesAny(segment, versions)) return;
    const end = segments[i + 1]?.from ?? null;
    const last = spans.at(-1);
    if (last !== undefined && last[1] === segment.from) last[1] = end;
    else spans.push([segment.from, end]);
  });
  return spans;
}

/** Whether some span holds a moment of [lo, hi]. */
export function spansTouch(spans: readonly Span[], lo: number, hi: number): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Span)[0] <= hi) low = middle + 1;
    else high = middle;
  }
  // Spans are disjoint and ascending, so the last one that begins by `hi` is also the last one to end.
  const last = spans[low - 1];
  return last !== undefined && (last[1] === null || last[1] > lo);
}

function announcesAny(segment: Segment, versions: ReadonlySet<number>): boolean {
  for (const [version, weight] of segment.to) if (weight > 0 && versions.has(version)) return true;
  return false;
}

function fold(prefix: AsOf, channel: number, timeOf: (decision: Decision) => number): readonly Segment[] {
  const decisions = prefix.ledger.decisions
    .of(channel)
    .filter((decision) => decision.position <= prefix.known);
  const segments: Segment[] = [];
  // The sort is stable: of decisions that act at one moment the last in log order stays.
  for (const decision of decisions.sort((a, b) => timeOf(a) - timeOf(b))) {
    const from = timeOf(decision);
    if (segments.at(-1)?.from === from) segments.pop();
    segments.push({ from, to: decision.to });
  }
  return segments;
}
