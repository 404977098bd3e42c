/** An incident's books and whether it can be closed. */
import type { AsOf } from '../as-of.ts';
import { TERMINAL_STATES } from '../records.ts';
import { effectiveStates } from './effective.ts';
import { findIncident } from './incident-terms.ts';
import { badSpans } from './roots.ts';
import { scope } from './scope.ts';
import { gaps } from './tenure.ts';

/** Records in scope by effective state, states that nobody is in left out, and `total`, their sum (I6). */
export function balance(prefix: AsOf, incident: string): ReadonlyMap<string, number> {
  const states = effectiveStates(prefix, incident);
  const books = new Map<string, number>([['total', states.length]]);
  for (const { state } of states) books.set(state, (books.get(state) ?? 0) + 1);
  return books;
}

export interface Closable {
  readonly ok: boolean;
  /** What stands in the way, for people; complete. */
  readonly why: readonly string[];
}

/**
 * Whether nothing announces a bad version, every lease is drained and everything in scope is settled, as of the
 * prefix. Closing also takes attestations of the scope root (PROTOCOL 6.1), which are counted elsewhere.
 */
export function closable(prefix: AsOf, id: string): Closable {
  const incident = findIncident(prefix, id);
  if (incident === null) return { ok: false, why: [`no incident ${id} is known`] };
  if (incident.dismissed) return { ok: true, why: [] };
  const why = [
    ...openChannels(prefix, id).map((channel) => `still announced on ${channel}`),
    ...gaps(prefix, id).map((gap) => `not drained: ${gap}`),
    ...unsettled(prefix, id),
  ];
  return { ok: why.length === 0, why };
}

function openChannels(prefix: AsOf, id: string): string[] {
  const open: string[] = [];
  for (const [channel, spans] of badSpans(prefix, id)) {
    if (spans.at(-1)?.[1] === null) open.push(prefix.ledger.channels.text(channel));
  }
  return open.sort();
}

function unsettled(prefix: AsOf, id: string): string[] {
  const { affected, possible } = scope(prefix, id);
  const states = effectiveStates(prefix, id);
  const reasons: string[] = [];
  states.forEach(({ state }, row) => {
    if (TERMINAL_STATES.has(state)) return;
    const record = affected.ids[row] ?? (possible.ids[row - affected.ids.length] as number);
    reasons.push(`${state} ${prefix.ledger.records.text(record)}`);
  });
  return reasons.sort();
}
