/** Which version made an output, as far as evidence says. */
import type { AsOf } from '../as-of.ts';
import { CONTESTED, UNKNOWN } from '../columns/evidence-table.ts';
import type { EvidenceSource } from '../records.ts';

export type Served =
  | {
      readonly v: string;
      readonly s: 'known';
      readonly grade: number;
      readonly by: readonly EvidenceSource[];
    }
  | { readonly v: null; readonly s: 'contested'; readonly among: readonly string[] }
  | { readonly v: null; readonly s: 'unknown' };

/** @param output id of an output; a copy answers for its source, at any distance */
export function served(prefix: AsOf, output: string): Served {
  return servedBy(prefix, prefix.ledger.records.find(output));
}

/** `served`, of a record's number. */
export function servedBy(prefix: AsOf, output: number): Served {
  const { evidence, versions } = prefix.ledger;
  const original = originalOf(prefix, output);
  const maker = evidence.maker(original, prefix.known);
  if (maker === UNKNOWN) return { v: null, s: 'unknown' };
  const top = evidence.top(original, prefix.known);
  if (maker === CONTESTED) {
    return { v: null, s: 'contested', among: top.versions.map((version) => versions.text(version)).sort() };
  }
  return { v: versions.text(maker), s: 'known', grade: top.grade, by: top.by };
}

/** The maker's version number, UNKNOWN or CONTESTED; a copy's is its source's. */
export function makerOf(prefix: AsOf, output: number): number {
  return prefix.ledger.evidence.maker(originalOf(prefix, output), prefix.known);
}

/** Whether a record is known to be a copy. */
export function isCopy(prefix: AsOf, id: number): boolean {
  return prefix.ledger.table.copyOf.at(id) !== 0 && prefix.ledger.table.declared(id, prefix.known);
}

/** The output that a chain of copies leads to; 0, of which nothing is known, when it leads round in a circle. */
export function originalOf(prefix: AsOf, output: number): number {
  if (!isCopy(prefix, output)) return output;
  const seen = new Set<number>();
  let id = output;
  while (isCopy(prefix, id)) {
    if (seen.has(id)) return 0;
    seen.add(id);
    id = prefix.ledger.table.copyOf.at(id);
  }
  return id;
}
