/** Where a record stands on the lineage axis: ticks of witnessed time (PROTOCOL 3, `registry/witnessed-time.ts`). */
import type { LogRecord } from '@assay/core';
import { TICKS_PER_SECOND, type WitnessedTime } from '../registry/index.ts';

/** A moment within lo ≤ t ≤ hi. */
export interface Bracket {
  readonly lo: number;
  readonly t: number;
  readonly hi: number;
}

/**
 * The bracket of a receipt: after the witnessed checkpoint it names, before the first one that covers it. The node's
 * own `accepted` only picks the moment inside. A checkpoint that is not in the log, or that the log came to hold only
 * later, bounds nothing.
 */
export function receiptBracket(record: LogRecord & { kind: 'output.receipt' }, time: WitnessedTime): Bracket {
  const hi = recordedAt(record.index, time);
  const point = time.named(record.predicate.notBefore);
  const lo = point !== undefined && point.size <= record.index ? Math.min(point.tick, hi) : 0;
  const claimed = Math.floor((record.predicate.accepted / 1_000) * TICKS_PER_SECOND);
  return { lo, t: Math.min(Math.max(claimed, lo), hi), hi };
}

/** The bracket of any other record: between the witnessed checkpoints around its index. */
export function indexBracket(index: number, time: WitnessedTime): Bracket {
  const hi = recordedAt(index, time);
  return { lo: time.notBefore(index), t: hi, hi };
}

/** Upper bound of a record in ticks; asked only of records that a witnessed checkpoint covers. */
export function recordedAt(index: number, time: WitnessedTime): number {
  const at = time.recordedTick(index);
  if (at === undefined) throw new RangeError(`record ${index} is not covered by a witnessed checkpoint`);
  return at;
}
