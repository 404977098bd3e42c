/**
 * Whether another gateway's charge counts. A gateway skims charges and anybody may join as one, so before it lets go of
 * its own money for one of them it judges it by the rules by which everybody does (PROTOCOL 5.4, 7.1).
 */
import { type LogRecord, openStatement } from '@assay/core';
import { Money, type Registry } from '@assay/views';
import type { SkimmedCharge } from './money-records.ts';

/** Where a charge is judged. */
export interface ForeignChargeContext {
  readonly registry: Registry;
  readonly indexOf: (id: string) => number | undefined;
  /** The entry at a log index. */
  readonly entryAt: (index: number) => Promise<Uint8Array>;
}

/** Reads the charge, its receipt and its price, and folds them. Rejects when the log does not answer. */
export async function counts(charge: SkimmedCharge, context: ForeignChargeContext): Promise<boolean> {
  const { registry, indexOf, entryAt } = context;
  const money = new Money(registry);
  for (const id of [charge.priceBook, charge.receipt, charge.id]) {
    const index = id === charge.id ? charge.index : indexOf(id);
    if (index === undefined) return false;
    const entry = await entryAt(index);
    const statement = openStatement(entry);
    if (statement.id !== id) return false;
    money.apply({ ...statement, index } as LogRecord, entry);
  }
  return money.chargeOf(charge.receipt) !== undefined;
}
