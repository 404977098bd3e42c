/** An incident's terms, compiled for a prefix: names became numbers, predicates became one test. */
import { perPrefix, type AsOf } from '../as-of.ts';
import type { IncidentState } from '../columns/incident-table.ts';
import { ROLE_OUTPUT } from '../columns/record-table.ts';
import { LineageError } from '../error.ts';
import type { Predicate, Scalar } from '../records.ts';

export interface CompiledIncident {
  readonly id: string;
  readonly state: IncidentState;
  readonly dismissed: boolean;
  /** The bad versions; empty, and not asked, when the incident names none (`anyVersion`). */
  readonly versions: ReadonlySet<number>;
  /** It names no versions: every output in the window at its nodes. */
  readonly anyVersion: boolean;
  /** The window, half-open. */
  readonly from: number;
  readonly to: number;
  /** Whether an output's node and fields fit; the window is not asked here. */
  readonly fits: (output: number) => boolean;
}

/** The incident as known at a prefix; null when it was not open by then. */
export const findIncident = perPrefix((prefix: AsOf, id: string): CompiledIncident | null => {
  const state = prefix.incident(id);
  return state === undefined ? null : compile(prefix, state);
});

/** @throws LineageError `unknown-incident` when it was not open at the prefix */
export function requireIncident(prefix: AsOf, id: string): CompiledIncident {
  const incident = findIncident(prefix, id);
  if (incident !== null) return incident;
  throw new LineageError('unknown-incident', {
    what: `no incident "${id}" is known at position ${prefix.known}`,
    fix: 'Check the id, or ask at a later position.',
  });
}

function compile(prefix: AsOf, state: IncidentState): CompiledIncident {
  const { terms } = state;
  const { ledger } = prefix;
  const nodes = terms.nodes === null ? null : new Set(terms.nodes.map((node) => ledger.nodes.find(node)));
  return {
    id: state.id,
    state,
    dismissed: terms.status === 'dismissed',
    versions: new Set((terms.versions ?? []).map((v) => ledger.versions.find(v)).filter((v) => v !== 0)),
    anyVersion: terms.versions === null,
    from: terms.bad_from,
    to: terms.bad_to ?? Infinity,
    fits: (output) =>
      (nodes === null || nodes.has(ledger.table.node.at(output))) &&
      terms.where.every((predicate) => holds(predicate, fieldOf(prefix, output, predicate.field))),
  };
}

function holds(predicate: Predicate, value: Scalar | undefined): boolean {
  if (predicate.eq !== undefined && value !== predicate.eq) return false;
  if (predicate.lt !== undefined && !before(value, predicate.lt)) return false;
  return predicate.gte === undefined || (sameType(value, predicate.gte) && !before(value, predicate.gte));
}

// A field that is missing or of another type compares with nothing: "10" is not below 11.
function sameType(value: Scalar | undefined, bound: string | number): value is string | number {
  return typeof value === typeof bound;
}

function before(value: Scalar | undefined, bound: string | number): boolean {
  return sameType(value, bound) && value < bound;
}

function fieldOf(prefix: AsOf, output: number, name: string): Scalar | undefined {
  const { table, records, channels, nodes, versions } = prefix.ledger;
  const named = (id: number, names: { text(id: number): string }): string | undefined =>
    id === 0 ? undefined : names.text(id);
  switch (name) {
    case 'kind':
      return table.role.at(output) === ROLE_OUTPUT ? 'output' : 'act';
    case 'id':
      return records.text(output);
    case 't':
      return table.t.at(output);
    case 'lo':
      return table.lo(output);
    case 'hi':
      return table.hi(output);
    case 'channel':
      return named(table.channel.at(output), channels);
    case 'node':
      return named(table.node.at(output), nodes);
    case 'pin':
      return named(table.pin.at(output), versions);
    case 'copyOf':
      return named(table.copyOf.at(output), records);
    default:
      return table.field(output, name);
  }
}
