/** The lineage at a size as one digest, for `view.root` statements (specs/view-root.md). */
import { balance } from './answers/books.ts';
import { divergenceOf } from './answers/divergence.ts';
import { digestOfRows, scopeRoot } from './answers/scope-root.ts';
import { servedBy } from './answers/served.ts';
import type { AsOf } from './as-of.ts';

/** Hex digest of `lineageRows`. */
export function lineageRoot(prefix: AsOf): string {
  return digestOfRows('assay lineage v1', lineageRows(prefix));
}

/**
 * Rows of the lineage, unsorted: `output <record> <version or -> <known|unknown|contested> <verdict>` for every
 * output, `incident <record> <scope root>` and `books <record> <state> <count>` for every incident.
 */
export function* lineageRows(prefix: AsOf): Generator<string> {
  const { table, records, incidents } = prefix.ledger;
  for (let id = 1; id <= records.size; id++) {
    if (!table.isOutput(id, prefix.known)) continue;
    const { v, s } = servedBy(prefix, id);
    yield `output ${records.text(id)} ${v ?? '-'} ${s} ${divergenceOf(prefix, id)}`;
  }
  for (const incident of incidents.ids(prefix.known)) {
    yield `incident ${incident} ${scopeRoot(prefix, incident)}`;
    for (const [state, count] of balance(prefix, incident)) yield `books ${incident} ${state} ${count}`;
  }
}
