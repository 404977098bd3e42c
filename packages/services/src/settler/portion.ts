/** How much of the log one batch takes: what one transaction can carry, and what can be proven without waiting. */
import type { ChargeRecord } from '@assay/views';

/** The most of a batch. A charge costs the chain nothing; a credit some 25,000 gas, an `exact` payment captured as much. */
export interface BatchLimits {
  readonly charges: number;
  /** Accounts that are credited. */
  readonly credits: number;
  /** `exact` payments. */
  readonly captures: number;
}

/**
 * Where a batch has to end: the log index of the first charge that does not fit any more; undefined when all do. The first
 * charge always fits, so that batches go on.
 *
 * @param charges in log order
 */
export function portionEnd(charges: readonly ChargeRecord[], limits: BatchLimits): number | undefined {
  const nodes = new Set<string>();
  let captures = 0;
  for (const [count, { index, charge, nodeAddress }] of charges.entries()) {
    nodes.add(nodeAddress);
    if (charge.exact !== undefined) captures++;
    // One credit more goes to the treasury.
    const fits = count < limits.charges && nodes.size < limits.credits && captures <= limits.captures;
    if (count > 0 && !fits) return index;
  }
  return undefined;
}
