/** Deliberate faults, for showing what happens with a node that has one. The node's name says which it runs with. */
import { chooseVersion, type Channel, type Decision } from '@assay/views';

/** After a rollback, keeps serving from cache what it served before; its receipts say so, or lie about it. */
export type Fault = 'serve-stale:honest' | 'serve-stale:lying';

export const FAULTS = ['serve-stale:honest', 'serve-stale:lying'] as const satisfies readonly Fault[];

/** The participant name that goes with a fault: `node-c.fault-serve-stale-lying`. */
export function faultyName(name: string, fault: Fault | undefined): string {
  return fault === undefined ? name : `${name}.fault-${fault.replace(':', '-')}`;
}

/** What a stale node runs in place of what the rollback says. */
export interface StaleChoice {
  readonly runs: string;
  readonly decision: Decision;
}

/**
 * What a node that ignores `rollback` goes on serving: the choice of the last decision that was none.
 * Undefined when there was nothing before.
 */
export function staleChoice(
  channel: Channel,
  rollback: Decision,
  requestId: string,
): StaleChoice | undefined {
  const decision = staleDecision(channel, rollback);
  const runs = decision === undefined ? undefined : chooseVersion(requestId, decision);
  return decision === undefined || runs === undefined ? undefined : { runs, decision };
}

/** The decision that a stale node still has in its cache when `rollback` comes. */
export function staleDecision({ decisions }: Channel, rollback: Decision): Decision | undefined {
  return decisions.findLast((d) => d.index < rollback.index && d.label !== 'rollback' && d.label !== 'stop');
}
