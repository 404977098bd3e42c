/** Outputs without a charge: paid for by their receipt, witnessed, and neither charged nor released although it was time. */
import { type Money, type Timeline, uncharged } from '@assay/views';
import type { Findings } from '../finding.ts';
import { DEFAULT_GRACE_SECONDS, type MoneyAudit } from './money-audit.ts';

/** Adds `output-without-charge` for each. */
export function auditUncharged(
  money: Money,
  timeline: Timeline,
  { findings, audit }: { readonly findings: Findings; readonly audit: MoneyAudit },
): void {
  const grace = audit.graceSeconds ?? DEFAULT_GRACE_SECONDS;
  for (const { output, witnessedAt, passedOver } of uncharged(money, timeline.registry)) {
    const waited = audit.judgedAt - witnessedAt;
    if (!passedOver && waited <= grace) continue;
    const why = passedOver ? 'its gateway charged later ones' : `${waited} s have passed`;
    const { amount = '0' } = output.receipt;
    findings.add(
      'output-without-charge',
      `an output of ${amount} units was neither charged nor released, and ${why}`,
      `entry ${output.index}`,
    );
  }
}
