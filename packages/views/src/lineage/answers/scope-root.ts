/** An incident's scope as one digest that a stranger can recompute from the log alone (specs/view-root.md). */
import { hex, sha256, utf8 } from '@assay/core';
import { type AsOf, perPrefix } from '../as-of.ts';
import { requireIncident } from './incident-terms.ts';
import { judgeRoot } from './roots.ts';
import { scope } from './scope.ts';
import { gaps } from './tenure.ts';

/**
 * Rows of a scope, unsorted: `affected <record> <role>`, `possible <record> <role>`, `gap <node>:<version>`. The role
 * is `root` for a record that is in scope by itself, `derived` for one that only what it used brings in.
 *
 * @throws LineageError `unknown-incident`
 */
export function* scopeRows(prefix: AsOf, incident: string): Generator<string> {
  const compiled = requireIncident(prefix, incident);
  const { affected, possible } = scope(prefix, incident);
  const row = (membership: string, id: number): string => {
    const role = judgeRoot(prefix, compiled, id) === null ? 'derived' : 'root';
    return `${membership} ${prefix.ledger.records.text(id)} ${role}`;
  };
  for (const id of affected.ids) yield row('affected', id);
  for (const id of possible.ids) yield row('possible', id);
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
