/** Refunds of an incident that the vault's vetoer stopped, as their settler logged it. */
import type { Timeline } from '@assay/views';

/** One refund that was stopped. */
export interface VetoedRefund {
  /** Log index of the `refund.veto`. */
  readonly entry: number;
  readonly round: number;
  /** The vetoer's transaction. */
  readonly tx: string;
}

/** Those that stand in the first `size` entries of the log, in order. */
export function vetoedRefunds(
  timeline: Timeline,
  incident: string,
  size = Infinity,
): readonly VetoedRefund[] {
  return Array.from(timeline.records('refund.veto'))
    .filter(({ index, predicate }) => index < size && predicate.incident === incident)
    .map(({ index, predicate: { round = '1', tx } }) => ({ entry: index, round: Number(round), tx }));
}

/** One line for people. */
export const vetoText = ({ entry, round, tx }: VetoedRefund): string =>
  `refund ${round} of the incident was stopped by the vetoer: entry ${entry}, transaction ${tx.slice(0, 12)}`;
