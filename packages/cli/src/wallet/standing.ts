/** What became of payments since they were made, as the log has it. */
import type { PaymentStatus } from '@assay/sdk';
import { reach, type Timeline } from '@assay/views';

/** How one payment stands. */
export interface Standing {
  /** Absent while the log says nothing of the payment. */
  readonly status?: PaymentStatus;
  /** The incident whose class refund gave it back, and how much of it, in atomic units: a shortfall is shared. */
  readonly givenBackBy?: string;
  readonly givenBack?: string;
}

/** By receipt: charged or let go, and given back. */
export function standings(timeline: Timeline): ReadonlyMap<string, Standing> {
  const found = new Map<string, Standing>();
  for (const { kind, predicate } of timeline.records()) {
    if (kind === 'charge') found.set(predicate.receipt, { status: 'captured' });
    if (kind === 'release' && predicate.receipt !== undefined)
      found.set(predicate.receipt, { status: 'released' });
  }
  for (const [receipt, back] of refunded(timeline)) found.set(receipt, { status: 'refunded', ...back });
  return found;
}

/** Receipts whose charge a class refund gave back, as the books of its incident record it. */
function refunded(timeline: Timeline): ReadonlyMap<string, Omit<Standing, 'status'>> {
  const incidents = new Set(Array.from(timeline.records('refund'), ({ predicate }) => predicate.incident));
  const amounts = new Map<string, string>();
  for (const { predicate } of timeline.records('incident.settle'))
    if (predicate.amount !== undefined)
      amounts.set(`${predicate.incident} ${predicate.target}`, predicate.amount);
  const found = new Map<string, Omit<Standing, 'status'>>();
  for (const incident of incidents) {
    for (const { record, kind, state } of reach(timeline.asOf(), incident).rows()) {
      if (kind !== 'output' || state !== 'compensated') continue;
      const amount = amounts.get(`${incident} ${record}`);
      found.set(record, {
        givenBackBy: incident,
        ...(amount === undefined ? {} : { givenBack: amount }),
      });
    }
  }
  return found;
}
