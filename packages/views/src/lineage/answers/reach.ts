/** Everything an incident reaches, row by row and never truncated, with what the rest of the answer needs. */
import type { AsOf } from '../as-of.ts';
import { ROLE_ACT, ROLE_OUTPUT } from '../columns/record-table.ts';
import { balance } from './books.ts';
import { divergenceOf, type Verdict } from './divergence.ts';
import { effectiveStates } from './effective.ts';
import { requireIncident, type CompiledIncident } from './incident-terms.ts';
import { judgeRoot, type Doubt } from './roots.ts';
import { scope } from './scope.ts';
import { clearedBySelfOnly } from './self-cleared.ts';
import { servedBy, type Served } from './served.ts';
import { gaps } from './tenure.ts';
import { scopeDepth, witness } from './why.ts';
import { incidentWindow, type Window } from './window.ts';

export interface ReachRow {
  readonly record: string;
  /** `mentioned`: an edge or a disposition names it, the record itself has not been seen. */
  readonly kind: 'output' | 'act' | 'mentioned';
  readonly membership: 'affected' | 'possible';
  /** `seed`, why it is possible by itself, or `derived`. */
  readonly role: 'seed' | Doubt | 'derived';
  readonly channel: string;
  readonly node: string;
  readonly served: Served | null;
  readonly verdict: Verdict | null;
  readonly type: string | null;
  readonly at: number;
  readonly lo: number;
  readonly hi: number;
  /** Position of its declaration, its record time; 0 while only mentioned. */
  readonly recorded: number;
  readonly depth: number;
  /** The witness parent; null for roots. */
  readonly parent: string | null;
  readonly state: string;
}

export interface Reach {
  readonly incident: string;
  readonly knownAt: number;
  readonly affected: number;
  readonly possible: number;
  readonly gaps: readonly string[];
  readonly window: Window;
  readonly books: ReadonlyMap<string, number>;
  readonly clearedBySelfOnly: readonly string[];
  /** Every record in scope: the affected by depth, then the possible by depth. */
  rows(): Generator<ReachRow>;
}

/** @throws LineageError `unknown-incident` */
export function reach(prefix: AsOf, incident: string): Reach {
  const { affected, possible } = scope(prefix, incident);
  return {
    incident,
    knownAt: prefix.known,
    affected: affected.ids.length,
    possible: possible.ids.length,
    gaps: gaps(prefix, incident),
    window: incidentWindow(prefix, incident),
    books: balance(prefix, incident),
    clearedBySelfOnly: clearedBySelfOnly(prefix, incident),
    rows: () => reachRows(prefix, incident),
  };
}

/** The rows of `reach` alone. @throws LineageError `unknown-incident` */
export function* reachRows(prefix: AsOf, incident: string): Generator<ReachRow> {
  const compiled = requireIncident(prefix, incident);
  const { affected, possible } = scope(prefix, incident);
  const total = affected.ids.length + possible.ids.length;
  for (let row = 0; row < total; row++) yield rowOf(prefix, compiled, row);
}

function rowOf(prefix: AsOf, incident: CompiledIncident, row: number): ReachRow {
  const { table, records, channels, nodes } = prefix.ledger;
  const { affected, possible } = scope(prefix, incident.id);
  const isAffected = row < affected.ids.length;
  const idAt = (at: number): number => affected.ids[at] ?? (possible.ids[at - affected.ids.length] as number);
  const id = idAt(row);
  const parent = witness(prefix, incident.id, row);
  const role = table.declared(id, prefix.known) ? table.role.at(id) : 0;
  const isOutput = role === ROLE_OUTPUT;
  return {
    record: records.text(id),
    kind: isOutput ? 'output' : role === ROLE_ACT ? 'act' : 'mentioned',
    membership: isAffected ? 'affected' : 'possible',
    role: judgeRoot(prefix, incident, id) ?? 'derived',
    channel: isOutput ? channels.text(table.channel.at(id)) : '',
    node: isOutput ? nodes.text(table.node.at(id)) : '',
    served: isOutput ? servedBy(prefix, id) : null,
    verdict: isOutput ? divergenceOf(prefix, id) : null,
    type: role === ROLE_ACT ? (table.type(id) ?? null) : null,
    at: role === 0 ? 0 : table.t.at(id),
    lo: role === 0 ? 0 : table.lo(id),
    hi: role === 0 ? 0 : table.hi(id),
    recorded: role === 0 ? 0 : table.position.at(id),
    depth: scopeDepth(prefix, incident.id, row),
    parent: parent < 0 ? null : records.text(idAt(parent)),
    state: effectiveStates(prefix, incident.id)[row]?.state ?? 'open',
  };
}
