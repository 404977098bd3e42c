/** What was done about a record in an incident, and whether it still holds. */
import { perPrefix, type AsOf } from '../as-of.ts';
import type { Disposition } from '../columns/disposition-table.ts';
import { TERMINAL_STATES } from '../records.ts';
import { scopeIndex } from './scope.ts';

export interface Standing {
  readonly state: string;
  /** Why it is not what was recorded. */
  readonly reason?: string;
}

/** Nothing was recorded. */
export const OPEN: Standing = { state: 'open' };

/** The latest disposition of a record in an incident; `open` when there is none or its basis fell (I8). */
export function disposition(prefix: AsOf, incident: string, record: string): Standing {
  return dispositions(prefix, incident).get(prefix.ledger.records.find(record)) ?? OPEN;
}

/** Every record that was disposed of in an incident, by number, with where it stands. */
export const dispositions = perPrefix((prefix: AsOf, incident: string): ReadonlyMap<number, Standing> => {
  const latest = prefix.ledger.dispositions.latest(incident, prefix.known);
  const fallen = new Map<number, string>();
  const incidents = prefix.ledger.incidents.ids(prefix.known);
  for (const [target, held] of latest) {
    const reason = fallenBasis(prefix, held, { incident, incidents });
    if (reason !== null) fallen.set(target, reason);
  }
  const settled = settledTargets(latest, fallen);
  const stands = (target: number, held: Disposition): Standing => {
    const reason = fallen.get(target) ?? unsettledBasis(prefix, held, { latest, settled });
    return reason === null ? { state: held.state } : { state: 'open', reason };
  };
  return new Map([...latest].map(([target, held]) => [target, stands(target, held)]));
});

/**
 * PROTOCOL 6.3: a basis falls when it enters the scope of any incident, its own apart when the state is
 * `compensated` (a refund of a bad payment is derived from it), or when it was reversed.
 */
function fallenBasis(
  prefix: AsOf,
  held: Disposition,
  { incident, incidents }: { incident: string; incidents: readonly string[] },
): string | null {
  const { records, dispositions: table } = prefix.ledger;
  for (const basis of held.basis) {
    for (const other of incidents) {
      if (other === incident && held.state === 'compensated') continue;
      if (scopeIndex(prefix, other).has(basis)) return `basis ${records.text(basis)} in ${other}`;
    }
    if (table.isReversed(basis, prefix.known)) return `basis ${records.text(basis)} reversed`;
  }
  return null;
}

interface Settling {
  readonly latest: ReadonlyMap<number, Disposition>;
  readonly settled: ReadonlySet<number>;
}

function unsettledBasis(prefix: AsOf, held: Disposition, { latest, settled }: Settling): string | null {
  const basis = held.basis.find((id) => latest.has(id) && !settled.has(id));
  return basis === undefined ? null : `basis ${prefix.ledger.records.text(basis)} not terminal`;
}

/**
 * Targets whose disposition is terminal and rests, at any distance, only on terminal ones: a least fixpoint, so
 * dispositions that rest on each other in a circle settle nothing.
 */
function settledTargets(
  latest: ReadonlyMap<number, Disposition>,
  fallen: ReadonlyMap<number, string>,
): ReadonlySet<number> {
  const waiting = new Map<number, number>();
  const dependents = new Map<number, number[]>();
  const ready: number[] = [];
  for (const [target, held] of latest) {
    if (fallen.has(target) || !TERMINAL_STATES.has(held.state)) continue;
    const restsOn = [...new Set(held.basis)].filter((basis) => latest.has(basis));
    waiting.set(target, restsOn.length);
    for (const basis of restsOn)
      dependents
        .set(basis, dependents.get(basis) ?? [])
        .get(basis)
        ?.push(target);
    if (restsOn.length === 0) ready.push(target);
  }
  const settled = new Set<number>();
  for (let target = ready.pop(); target !== undefined; target = ready.pop()) {
    settled.add(target);
    for (const dependent of dependents.get(target) ?? []) {
      const left = (waiting.get(dependent) ?? 0) - 1;
      waiting.set(dependent, left);
      if (left === 0) ready.push(dependent);
    }
  }
  return settled;
}
