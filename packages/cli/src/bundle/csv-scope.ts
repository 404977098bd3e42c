/** Reads the scope back out of an exported table, so that its root can be computed without the log. */
import { digestOfRows } from '@assay/views';
import { CliError } from '../cli-error.ts';

/** Roles that say why a record is possible, besides `possible` itself, which means only through its inputs. */
const DOUBTS: ReadonlySet<string> = new Set([
  'contested',
  'window-straddled',
  'pinned',
  'announced',
  'leased',
]);

/**
 * The scope root of a CSV file and the gaps beside it (specs/view-root.md).
 *
 * @throws CliError `unreadable-file` for a file without the columns that a scope is told by
 */
export function csvScopeRoot(text: string, gaps: readonly string[], path: string): string {
  const [header = '', ...lines] = text.split('\r\n');
  const columns = header.split(',');
  const at = { role: columns.indexOf('role'), parent: columns.indexOf('parent') };
  if (columns[0] !== 'record' || at.role < 0 || at.parent < 0) {
    throw new CliError('unreadable-file', {
      what: 'the table lacks the column "record", "role" or "parent"',
      where: path,
    });
  }
  const rows = lines.filter((line) => line !== '').map((line) => scopeRow(line.split(','), at));
  return digestOfRows('assay scope v1', [...rows, ...gaps.map((gap) => `gap ${gap}`)]);
}

/**
 * A row of the scope. A record that is possible by itself has no parent; one that is also reached from an affected
 * record has, and is affected, whatever its role says. No field holds a comma of its own: all are ids, keys, digests,
 * short names and times.
 */
function scopeRow(fields: readonly string[], at: { readonly role: number; readonly parent: number }): string {
  const [record = '', role = '', parent = ''] = [fields[0], fields[at.role], fields[at.parent]];
  if (role === 'possible' || role === 'derived')
    return `${role === 'derived' ? 'affected' : role} ${record} derived`;
  return `${DOUBTS.has(role) && parent === '' ? 'possible' : 'affected'} ${record} root`;
}
