/** An incident's scope as one digest that a stranger can recompute from the log alone (specs/view-root.md). */
import { hex, sha256, utf8 } from '@assay/core';
import { type AsOf, perPrefix } from '../as-of.ts';
import { requireIncident } from './incident-terms.ts';
import { judgeRoot } from './roots.ts';
import { scope } from './scope.ts';
import { gaps } from './tenure.ts';

/**
 * Rows of a scope, unsorted: `affected <record> <role>`, `possible <record> <role>`, `gap <node>:<version>`.
 *
 * @throws LineageError `unknown-incident`
 */
export function* scopeRows(prefix: AsOf, incident: string): Generator<string> {
  const compiled = requireIncident(prefix, incident);
  const { affected, possible } = scope(prefix, incident);
  const { records } = prefix.ledger;
  for (const id of affected.ids)
    yield `affected ${records.text(id)} ${judgeRoot(prefix, compiled, id) ?? 'derived'}`;
  for (const id of possible.ids)
    yield `possible ${records.text(id)} ${judgeRoot(prefix, compiled, id) ?? 'derived'}`;
  for (const gap of gaps(prefix, incident)) yield `gap ${gap}`;
}

/** Hex digest of `scopeRows`. @throws LineageError `unknown-incident` */
export const scopeRoot = perPrefix((prefix: AsOf, incident: string): string =>
  digestOfRows('assay scope v1', scopeRows(prefix, incident)),
);

/** SHA-256 (hex) of a title and rows in code-unit order, each ended by a newline. */
export function digestOfRows(title: string, rows: Iterable<string>): string {
  const lines = [...rows].sort();
  return hex(sha256(utf8(`${[title, ...lines].join('\n')}\n`)));
}
