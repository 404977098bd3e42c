/** How long nodes held a bad version: the spans in which they may have served it, and the leases nobody drained. */
import { perPrefix, type AsOf } from '../as-of.ts';
import type { LeaseEvent, Tenure } from '../columns/lease-table.ts';
import { findIncident } from './incident-terms.ts';

/** A closed span; `Infinity` while undrained. */
type Held = readonly [from: number, to: number];

/** Per node, when it may have served a bad version: disjoint closed spans, ascending. */
export const badTenures = perPrefix(
  (prefix: AsOf, incident: string): ReadonlyMap<number, readonly Held[]> => {
    const spans = new Map<number, Held[]>();
    for (const version of findIncident(prefix, incident)?.versions ?? []) {
      for (const tenure of prefix.ledger.leases.of(version)) {
        const held = spans.get(tenure.node) ?? [];
        spans.set(tenure.node, held);
        for (const span of heldSpans(tenure, prefix.known)) held.push(span);
      }
    }
    return new Map([...spans].map(([node, held]) => [node, merge(held)]));
  },
);

/** Whether a node leased a bad version by `hi` without draining it before `lo`. */
export function mayHaveServedBad(
  prefix: AsOf,
  incident: string,
  at: { node: number; lo: number; hi: number },
): boolean {
  const spans = badTenures(prefix, incident).get(at.node) ?? [];
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as Held)[0] <= at.hi) low = middle + 1;
    else high = middle;
  }
  const last = spans[low - 1];
  return last !== undefined && last[1] >= at.lo;
}

/** `node:version` leased and not drained since, sorted: until then what was served last is not known. */
export const gaps = perPrefix((prefix: AsOf, id: string): readonly string[] => {
  const incident = findIncident(prefix, id);
  if (incident === null || incident.dismissed) return [];
  const { leases, nodes, versions } = prefix.ledger;
  const open: string[] = [];
  for (const version of incident.versions) {
    for (const tenure of leases.of(version)) {
      const undrained = heldSpans(tenure, prefix.known).some(([, to]) => to === Infinity);
      if (undrained) open.push(`${nodes.text(tenure.node)}:${versions.text(version)}`);
    }
  }
  return open.sort();
});

function heldSpans(tenure: Tenure, known: number): Held[] {
  const times = (events: readonly LeaseEvent[]): number[] =>
    events
      .filter((event) => event.position <= known)
      .map((event) => event.t)
      .sort((a, b) => a - b);
  const drains = times(tenure.drains);
  let next = 0;
  return times(tenure.leases).map((from) => {
    while (next < drains.length && (drains[next] as number) < from) next++;
    return [from, drains[next] ?? Infinity];
  });
}

function merge(spans: Held[]): readonly Held[] {
  const merged: [number, number][] = [];
  for (const [from, to] of spans.sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}
