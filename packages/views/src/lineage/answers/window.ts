/** When an incident's versions were bad, known, announced and served. */
import type { AsOf } from '../as-of.ts';
import { u32Column } from '../columns/column.ts';
import { requireIncident, type CompiledIncident } from './incident-terms.ts';
import { badSpans } from './roots.ts';
import { makerOf } from './served.ts';
import { gaps } from './tenure.ts';
import type { Span } from './timeline.ts';

export interface Window {
  readonly bad_from: number;
  /** The incident's own `t`; blind time is known_at − bad_from. */
  readonly known_at: number;
  /** Of every output known to be of a bad version, in the window or not; copies count for the last only. */
  readonly first_served_at: number | null;
  readonly last_served_at: number | null;
  /** Per channel, the spans in which a bad version had weight, as known then; null while open. */
  readonly announced: ReadonlyMap<string, readonly Span[]>;
  /** Every lease is drained: `last_served_at` is no lower bound any more. */
  readonly final: boolean;
}

/** @throws LineageError `unknown-incident` */
export function incidentWindow(prefix: AsOf, id: string): Window {
  const incident = requireIncident(prefix, id);
  const { channels } = prefix.ledger;
  const announced = [...badSpans(prefix, id)].map(
    ([channel, spans]) => [channels.text(channel), spans] as const,
  );
  return {
    bad_from: incident.from,
    known_at: incident.state.t,
    ...servedBetween(prefix, incident),
    announced: new Map(announced.sort(([a], [b]) => (a < b ? -1 : 1))),
    final: gaps(prefix, id).length === 0,
  };
}

/** The outer bounds: the earliest beginning and the latest end of the brackets. */
function servedBetween(
  prefix: AsOf,
  incident: CompiledIncident,
): Pick<Window, 'first_served_at' | 'last_served_at'> {
  const { table } = prefix.ledger;
  let first = Infinity;
  let last = -Infinity;
  for (const output of outputsKnownBad(prefix, incident)) {
    if (table.copyOf.at(output) === 0) first = Math.min(first, table.lo(output));
    last = Math.max(last, table.hi(output));
  }
  return {
    first_served_at: Number.isFinite(first) ? first : null,
    last_served_at: Number.isFinite(last) ? last : null,
  };
}

function outputsKnownBad(prefix: AsOf, incident: CompiledIncident): readonly number[] {
  const { evidence, copies, table } = prefix.ledger;
  const candidates = u32Column();
  for (const version of incident.versions) {
    const postings = evidence.postings(version);
    for (let i = 0; i < (postings?.placed.length ?? 0); i++)
      candidates.push(postings?.placed.items.at(i) ?? 0);
    for (const output of postings?.early ?? []) candidates.push(output);
  }
  const known: number[] = [];
  const keep = (output: number): void => {
    if (!table.isOutput(output, prefix.known)) return;
    if (incident.versions.has(makerOf(prefix, output))) known.push(output);
  };
  for (let i = 0; i < candidates.length; i++) keep(candidates.at(i));
  for (let i = 0; i < copies.length; i++) keep(copies.at(i));
  return known;
}
