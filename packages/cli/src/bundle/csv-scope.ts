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
 * @throws CliError `unreadable-file` for a file without the columns `record` and `role`
 */
export function csvScopeRoot(text: string, gaps: readonly string[], path: string): string {
  const [header = '', ...lines] = text.split('\r\n');
  const columns = header.split(',');
  const [record, role] = [columns.indexOf('record'), columns.indexOf('role')];
  if (record !== 0 || role < 0) {
    throw new CliError('unreadable-file', {
      what: 'the table has no columns "record" and "role"',
      where: path,
    });
  }
  const rows = lines.filter((line) => line !== '').map((line) => scopeRow(line.split(','), role));
  return digestOfRows('assay scope v1', [...rows, ...gaps.map((gap) => `gap ${gap}`)]);
}

// Ids, kinds and roles hold no commas and come before any field that might.
function scopeRow(fields: readonly string[], roleAt: number): string {
  const [record = '', role = ''] = [fields[0], fields[roleAt]];
  if (role === 'possible') return `possible ${record} derived`;
  return DOUBTS.has(role) ? `possible ${record} ${role}` : `affected ${record} ${role}`;
}
