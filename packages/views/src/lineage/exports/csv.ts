/** A scope as the sortable spreadsheet that recall law asks for: RFC 4180, one row per record, lines as they come. */
import type { AsOf } from '../as-of.ts';
import { reachRows, type ReachRow } from '../answers/reach.ts';
import type { Served } from '../answers/served.ts';
import { segmentAt, timeline, type Segment } from '../answers/timeline.ts';

const COLUMNS = [
  'record',
  'kind',
  'role',
  'channel',
  'announced',
  'served',
  'evidence grade',
  'at',
  'recorded',
  'depth',
  'parent',
  'state',
] as const;

/**
 * Lines of the file, header first, each with its CRLF. `role` is `seed`, `derived`, or why a record is possible;
 * a record that is possible only through its inputs is `possible`.
 *
 * @param time how a tick is written; plain numbers by default
 * @throws LineageError `unknown-incident`
 */
export function* reachCsv(
  prefix: AsOf,
  incident: string,
  time: (tick: number) => string = String,
): Generator<string> {
  yield `${COLUMNS.join(',')}\r\n`;
  for (const row of reachRows(prefix, incident)) {
    const fields = [
      row.record,
      row.type ?? row.kind,
      row.membership === 'possible' && row.role === 'derived' ? 'possible' : row.role,
      row.channel,
      row.kind === 'output' ? announcedAt(prefix, row) : '',
      row.served === null ? '' : servedWord(row.served),
      row.served?.s === 'known' ? String(row.served.grade) : '',
      row.kind === 'mentioned' ? '' : time(row.at),
      String(row.recorded),
      String(row.depth),
      row.parent ?? '',
      row.state,
    ];
    yield `${fields.map(quoted).join(',')}\r\n`;
  }
}

/** What served, as one word. */
export function servedWord(served: Served): string {
  return served.s === 'known' ? served.v : served.s;
}

/** Versions with weight at the record's `t`, as known then, sorted. */
export function announcedAt(prefix: AsOf, row: ReachRow): string {
  const segments = timeline(prefix, prefix.ledger.channels.find(row.channel), 'as-known');
  const segment = segments[segmentAt(segments, row.at)];
  if (segment === undefined) return '';
  const held = words.get(segment);
  if (held !== undefined) return held;
  const names: string[] = [];
  for (const [version, weight] of segment.to)
    if (weight > 0) names.push(prefix.ledger.versions.text(version));
  const word = names.sort().join(' ');
  words.set(segment, word);
  return word;
}

// A million rows share a few hundred segments.
const words = new WeakMap<Segment, string>();

// Nearly every cell is plain: one look decides.
const SPECIAL = /^[=+\-@\t\r]|[",\r\n]/;

// A cell that a spreadsheet would run as a formula is made text by a leading apostrophe: ids come from anybody.
function quoted(field: string): string {
  if (!SPECIAL.test(field)) return field;
  const safe = /^[=+\-@\t\r]/.test(field) && !/^-?\d+$/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
