/** Class refunds as they were logged: exactly the affected charges of their incident, as of the size that they name. */
import type { Predicate } from '@assay/core';
import {
  affectedReceipts,
  KnownAtError,
  LineageError,
  type Money,
  type RefundContent,
  refundContent,
  type SettledRecord,
  type Timeline,
} from '@assay/views';
import type { Findings } from '../finding.ts';

/** Adds `refund-mismatch` for each difference. */
export function auditRefunds(money: Money, timeline: Timeline, findings: Findings): void {
  const affected = affectedReceipts(timeline);
  const rounds = new Map<string, number>();
  for (const record of money.refunds) {
    const { predicate, index, address } = record;
    const where = `entry ${index}`;
    for (const what of differences(predicate, dueRefund(money, record, affected))) {
      findings.add('refund-mismatch', what, where);
    }
    const key = `${predicate.network} ${predicate.vault} ${address} ${predicate.incident}`;
    const [before, round] = [rounds.get(key) ?? 0, Number(predicate.round ?? 1)];
    rounds.set(key, round);
    if (round !== before + 1)
      findings.add('refund-mismatch', `it is round ${round} of its incident, after round ${before}`, where);
  }
}

/** What a refund must say; or why that cannot be told. */
export function dueRefund(
  money: Money,
  { predicate, address: settler }: SettledRecord<'refund'>,
  affected: ReturnType<typeof affectedReceipts>,
): RefundContent | string {
  const { incident, round = '1', size, network, vault } = predicate;
  try {
    const scope = { incident, round: Number(round), size: Number(size), network, vault, settler };
    return refundContent(money, { ...scope, affected });
  } catch (error) {
    // An incident that is not there, or a size that nobody witnessed: there is nothing that it could be a refund of.
    if (!(error instanceof LineageError) && !(error instanceof KnownAtError)) throw error;
    return `it cannot be computed: ${error.what}`;
  }
}

function* differences(said: Predicate<'refund'>, due: RefundContent | string): Generator<string> {
  if (typeof due === 'string') {
    yield due;
    return;
  }
  if (said.root !== due.root) yield `its root is ${said.root}, the affected charges make ${due.root}`;
  if (said.count !== String(due.charges.length)) {
    yield `it counts ${said.count} charges, ${due.charges.length} are affected`;
  }
  if (said.total !== String(due.total))
    yield `its total is ${said.total}, the affected charges make ${due.total}`;
  if (BigInt(said.shortfall) > due.total)
    yield `its shortfall is ${said.shortfall}, more than the ${due.total} that are owed`;
}
