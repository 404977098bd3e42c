/** Lineage's answer to which receipts an incident affects, in the form that a refund asks for it. */
import { reach } from '../lineage/index.ts';
import type { Timeline } from '../timeline/index.ts';

/** Outputs that an incident affects for certain, as known at a witnessed size; each is asked once. */
export function affectedReceipts(
  timeline: Timeline,
): (incident: string, size: number) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (incident, size) => {
    const key = `${incident} ${size}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = new Set<string>();
    for (const row of reach(timeline.asOf(size), incident).rows()) {
      if (row.membership === 'affected' && row.kind === 'output') found.add(row.record);
    }
    known.set(key, found);
    return found;
  };
}
