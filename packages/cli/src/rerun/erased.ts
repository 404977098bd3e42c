/** What clients had erased: nothing can be executed again without it. */
import type { Timeline } from '@assay/views';

/** Records whose input or output is erased, by statements that count. */
export function erasedIn(timeline: Timeline): ReadonlySet<string> {
  const erased = new Set<string>();
  for (const { predicate } of timeline.records('payload.erase')) {
    if (predicate.fields.some((field) => field === 'input' || field === 'output'))
      erased.add(predicate.record);
  }
  return erased;
}
