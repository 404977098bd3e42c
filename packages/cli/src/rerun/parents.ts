/** What each output was made from, as the log says it. */
import type { Timeline } from '@assay/views';

/** Ids that each record used, by its receipt or by a derivation that propagates. */
export function parentsOf(timeline: Timeline): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  const add = (to: string, sources: readonly string[]): void => {
    if (sources.length > 0) parents.set(to, [...(parents.get(to) ?? []), ...sources]);
  };
  for (const record of timeline.records('output.receipt', 'derive')) {
    if (record.kind === 'output.receipt') add(record.id, record.predicate.uses ?? []);
    else if (record.kind === 'derive' && record.predicate.propagates !== false) {
      add(record.predicate.to, [record.predicate.source]);
    }
  }
  return parents;
}
