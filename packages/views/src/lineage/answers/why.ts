/** Why a record is in scope: one shortest path from a root, always the same one. */
import type { AsOf } from '../as-of.ts';
import { u32Column } from '../columns/column.ts';
import { requireIncident } from './incident-terms.ts';
import { judgeRoot, type Doubt } from './roots.ts';
import { depthOf, scope, scopeIndex } from './scope.ts';

export interface Why {
  /** What the record is as a whole. */
  readonly membership: 'affected' | 'possible';
  /** Record ids, from the root to the record asked for. */
  readonly path: readonly string[];
  /** Why the path begins where it does. */
  readonly root: 'seed' | Doubt;
}

/**
 * Shortest within its layer: a possible record's path may go on, by a weak edge, through the affected ones.
 * Of several shortest paths it takes, going back from the record, the parent declared earliest in the log.
 *
 * @returns null when the record is not in the scope
 * @throws LineageError `unknown-incident`
 */
export function why(prefix: AsOf, incident: string, record: string): Why | null {
  const compiled = requireIncident(prefix, incident);
  const { records } = prefix.ledger;
  const row = scopeIndex(prefix, incident).row(records.find(record));
  if (row < 0) return null;
  const ids = pathTo(prefix, incident, row);
  const begin = ids[0] as number;
  return {
    membership: row < scope(prefix, incident).affected.ids.length ? 'affected' : 'possible',
    path: ids.map((id) => records.text(id)),
    root: judgeRoot(prefix, compiled, begin) ?? 'seed',
  };
}

// One list for all calls: exports ask for a witness per row.
const parents = u32Column();

/** Depth of a row of the scope: 0 for roots of its own layer. */
export function scopeDepth(prefix: AsOf, incident: string, row: number): number {
  const { affected, possible } = scope(prefix, incident);
  const own = affected.ids.length;
  return row < own ? depthOf(affected, row) : depthOf(possible, row - own);
}

/**
 * A parent in scope one step nearer to a root (I7), the one declared earliest; −1 for a root.
 *
 * @param row of the scope: the affected first, then the possible
 * @returns a row
 */
export function witness(prefix: AsOf, incident: string, row: number): number {
  const { affected, possible } = scope(prefix, incident);
  const own = affected.ids.length;
  const depth = scopeDepth(prefix, incident, row);
  if (depth === 0) return -1;
  const isPossible = row >= own;
  const id = isPossible ? (possible.ids[row - own] as number) : (affected.ids[row] as number);
  const index = scopeIndex(prefix, incident);
  parents.length = 0;
  prefix.ledger.edges.pushParents(id, prefix.known, parents);
  let best = -1;
  for (let i = 0; i < parents.length; i++) {
    const parent = index.row(parents.at(i));
    if (parent < 0) continue;
    // An affected parent of a possible record leads there by a weak edge, which is always its first step.
    const nearer =
      isPossible && parent < own
        ? depth === 1
        : parent >= own === isPossible && scopeDepth(prefix, incident, parent) === depth - 1;
    if (nearer && (best < 0 || isEarlier(prefix, parents.at(i), idAt(prefix, incident, best)))) best = parent;
  }
  return best;
}

function idAt(prefix: AsOf, incident: string, row: number): number {
  const { affected, possible } = scope(prefix, incident);
  return affected.ids[row] ?? (possible.ids[row - affected.ids.length] as number);
}

function pathTo(prefix: AsOf, incident: string, row: number): number[] {
  const path: number[] = [];
  for (let at = row; at >= 0; at = witness(prefix, incident, at)) path.push(idAt(prefix, incident, at));
  return path.reverse();
}

/** Order of declaration; ids only mentioned so far come last, by text, so that any implementation agrees. */
function isEarlier(prefix: AsOf, a: number, b: number): boolean {
  const { table, records } = prefix.ledger;
  const place = (id: number): number => (table.declared(id, prefix.known) ? table.position.at(id) : Infinity);
  return place(a) < place(b) || (place(a) === place(b) && records.text(a) < records.text(b));
}
