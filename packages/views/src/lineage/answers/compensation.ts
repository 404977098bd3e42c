/** What was given back for one act over all incidents, against the harm it can have done (I12). */
import type { AsOf } from '../as-of.ts';
import { dispositions } from './disposition.ts';

export interface Compensation {
  /** Sum of the standing compensations of the act, in the smallest unit. */
  readonly paid: bigint;
  /** The act's declared harm; null when it declared none. */
  readonly cap: bigint | null;
  /** Incidents that compensated it, in log order. */
  readonly incidents: readonly string[];
  /** More was given back than the act can have cost, or, with no cap, it was compensated more than once. */
  readonly exceeded: boolean;
}

/** Adds up the compensations of an act that stand, over every incident known at the prefix. */
export function compensation(prefix: AsOf, act: string): Compensation {
  const { ledger, known } = prefix;
  const id = ledger.records.find(act);
  const declared = ledger.table.declared(id, known) ? ledger.table.field(id, 'harmCap') : undefined;
  const cap = typeof declared === 'string' ? BigInt(declared) : null;
  const incidents = ledger.incidents
    .ids(known)
    .filter((incident) => dispositions(prefix, incident).get(id)?.state === 'compensated');
  const paid = incidents.reduce((sum, incident) => {
    return sum + BigInt(ledger.dispositions.latest(incident, known).get(id)?.amount ?? '0');
  }, 0n);
  return { paid, cap, incidents, exceeded: cap === null ? incidents.length > 1 : paid > cap };
}
