/** Paid outputs of which nothing became: neither charged nor released, although it was time. */
import type { Registry } from '../registry/index.ts';
import type { PaidOutput } from './charge-record.ts';
import type { Money } from './money.ts';

/** A paid output without an end, and since when it waits. */
export interface Uncharged {
  readonly output: PaidOutput;
  /** Unix seconds of the first witnessed checkpoint that covers it. */
  readonly witnessedAt: number;
  /** Whoever delivered it went on to later ones; else it is only slow. */
  readonly passedOver: boolean;
}

/** How much later an output must have been witnessed for its gateway's charge of it to pass an earlier one over. */
export const PASS_OVER_SECONDS = 60;

/**
 * Witnessed outputs with a price and no end. A gateway ends its outputs about in the order in which they are witnessed,
 * so one that it passed over by a minute was left out; one that merely waits may still be charged.
 */
export function uncharged(money: Money, registry: Registry): readonly Uncharged[] {
  const reached = reachedBy(money, registry);
  const found: Uncharged[] = [];
  for (const output of money.paidOutputs()) {
    const witnessedAt = registry.time.recordedAt(output.index);
    if (witnessedAt === undefined || money.endOf(output) !== undefined) continue;
    // Of several that say they delivered it one may have made that up: only what holds for each of them is told.
    const newest = money.deliveredBy(output.id).map((gateway) => reached.get(gateway) ?? 0);
    const passedOver = newest.length > 0 && Math.min(...newest) - witnessedAt >= PASS_OVER_SECONDS;
    found.push({ output, witnessedAt, passedOver });
  }
  return found;
}

/** The witnessed time up to which each gateway has ended outputs. */
function reachedBy(money: Money, { time }: Registry): ReadonlyMap<string, number> {
  const reached = new Map<string, number>();
  for (const { gateway, output } of money.charges) {
    reached.set(gateway, Math.max(reached.get(gateway) ?? 0, time.recordedAt(output.index) ?? 0));
  }
  return reached;
}
