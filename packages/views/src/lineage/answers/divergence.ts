/** Whether what served an output is what was announced for it. */
import type { AsOf } from '../as-of.ts';
import { CONTESTED, UNKNOWN } from '../columns/evidence-table.ts';
import { isCopy, makerOf } from './served.ts';
import { segmentAt, timeline, type Segment } from './timeline.ts';

export type Verdict = 'match' | 'diverged' | 'straddle' | 'copy' | 'contested' | 'unknown';

/**
 * Asks in this order: a copy is `copy`; then unknown or contested; then the pin; then the announcement as known,
 * where a version must have had weight through the whole bracket to match.
 *
 * @param output id of an output; of an id that is no output nothing is known
 * @param grace ticks either side of the bracket in which an announcement makes a mismatch a `straddle`
 */
export function divergence(prefix: AsOf, output: string, grace = 0): Verdict {
  return divergenceOf(prefix, prefix.ledger.records.find(output), grace);
}

/** `divergence`, of a record's number. */
export function divergenceOf(prefix: AsOf, id: number, grace = 0): Verdict {
  const { table } = prefix.ledger;
  if (!table.isOutput(id, prefix.known)) return 'unknown';
  if (isCopy(prefix, id)) return 'copy';
  const maker = makerOf(prefix, id);
  if (maker === UNKNOWN) return 'unknown';
  if (maker === CONTESTED) return 'contested';
  const pin = table.pin.at(id);
  if (pin !== 0) return pin === maker ? 'match' : 'diverged';
  const segments = timeline(prefix, table.channel.at(id), 'as-known');
  const [lo, hi] = [table.lo(id), table.hi(id)];
  if (announcedThroughout(segments, maker, [lo, hi])) return 'match';
  return announcedAtSomeMoment(segments, maker, [lo - grace, hi + grace]) ? 'straddle' : 'diverged';
}

type Range = readonly [lo: number, hi: number];

const hasWeight = (segment: Segment | undefined, version: number): boolean =>
  (segment?.to.get(version) ?? 0) > 0;

/** Whether `version` has weight at every moment of the closed range. */
function announcedThroughout(segments: readonly Segment[], version: number, [lo, hi]: Range): boolean {
  const first = segmentAt(segments, lo);
  const last = segmentAt(segments, hi);
  for (let i = first; i <= last; i++) if (!hasWeight(segments[i], version)) return false;
  return true;
}

/** Whether `version` has weight at some moment of the closed range. */
function announcedAtSomeMoment(segments: readonly Segment[], version: number, [lo, hi]: Range): boolean {
  const last = segmentAt(segments, hi);
  for (let i = Math.max(0, segmentAt(segments, lo)); i <= last; i++)
    if (hasWeight(segments[i], version)) return true;
  return false;
}
