/** Class refunds as they were logged: exactly the affected charges of their incident, as of the size that they name. */
import type { Predicate } from '@assay/core';
import {
  affectedReceipts,
  KnownAtError,
  LineageError,
  type Money,
  refundContent,
  type Timeline,
} from '@assay/views';
import type { Findings } from '../finding.ts';

/** Adds `refund-mismatch` for each difference. */
export function auditRefunds(money: Money, timeline: Timeline, findings: Findings): void {
  const affected = affectedReceipts(timeline);
  for (const { predicate, index } of money.refunds) {
    for (const what of differences(money, predicate, affected)) {
      findings.add('refund-mismatch', what, `entry ${index}`);
    }
  }
}

function* differences(
  money: Money,
  said: Predicate<'refund'>,
  affected: ReturnType<typeof affectedReceipts>,
): Generator<string> {
  const { incident, network, vault } = said;
  const scope = {
    incident,
    round: Number(said.round ?? 1),
    size: Number(said.size),
    network,
    vault,
    affected,
  };
  let due: ReturnType<typeof refundContent>;
  try {
    due = refundContent(money, scope);
  } catch (error) {
    // An incident that is not there, or a size that nobody witnessed: there is nothing that it could be a refund of.
    if (!(error instanceof LineageError) && !(error instanceof KnownAtError)) throw error;
    yield `it cannot be computed: ${error.what}`;
    return;
  }
  if (said.root !== due.root) yield `its root is ${said.root}, the affected charges make ${due.root}`;
  if (said.count !== String(due.charges.length)) {
    yield `it counts ${said.count} charges, ${due.charges.length} are affected`;
  }
  if (said.total !== String(due.total))
    yield `its total is ${said.total}, the affected charges make ${due.total}`;
}
