/** Paid outputs of which nothing became: neither charged nor released, although it was time. */
import type { Registry } from '../registry/index.ts';
import type { PaidOutput } from './charge-record.ts';
import type { Money } from './money.ts';

/** A paid output without an end, and since when it waits. */
export interface Uncharged {
  readonly output: PaidOutput;
  /** Unix seconds of the first witnessed checkpoint that covers it. */
  readonly witnessedAt: number;
  /** The gateway that delivered it went on to later ones; else it is only slow. */
  readonly passedOver: boolean;
}

/**
 * Witnessed outputs with a price and no end. A gateway ends its outputs in the order in which they are witnessed, so one
 * that it passed over was left out; one that merely waits may still be charged.
 */
export function uncharged(money: Money, registry: Registry): readonly Uncharged[] {
  const reached = new Map<string, number>();
  for (const { gateway, output } of money.charges) {
    const at = registry.time.coveredBy(output.index)?.size ?? -1;
    reached.set(gateway, Math.max(reached.get(gateway) ?? -1, at));
  }
  const found: Uncharged[] = [];
  for (const output of money.paidOutputs()) {
    if (money.endOf(output) !== undefined) continue;
    const covered = registry.time.coveredBy(output.index);
    if (covered === undefined) continue;
    const gateway = money.deliveredBy(output.id);
    const passedOver = gateway !== undefined && (reached.get(gateway) ?? -1) > covered.size;
    found.push({ output, witnessedAt: covered.time, passedOver });
  }
  return found;
}
