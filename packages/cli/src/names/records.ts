/** Records by id, or by as much of the id as is enough. */
import type { LogRecord } from '@assay/core';
import type { Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { unclear } from './models.ts';

/** Fewer digits than this name nothing: a typing slip would find some record. */
const MIN_PREFIX = 8;

/**
 * The record of `name`: a full id, or a prefix that only one record has.
 *
 * @param kind  what the record must be
 * @throws CliError `usage` | `unknown-name` | `ambiguous-name`
 */
export function findRecord<K extends LogRecord['kind']>(
  timeline: Timeline,
  name: string,
  kind: K,
): LogRecord & { readonly kind: K } {
  const record = findAnyRecord(timeline, name, (each) => each.kind === kind);
  if (isKind(record, kind)) return record;
  throw new CliError('usage', {
    what: `record ${record.id} is ${record.kind}, not ${kind}`,
    fix: `Give the id of a record of type ${kind}.`,
  });
}

/** A record of any kind; those that `prefer` picks win where a prefix fits several. @throws CliError */
export function findAnyRecord(
  timeline: Timeline,
  name: string,
  prefer: (record: LogRecord) => boolean = () => true,
): LogRecord {
  const exact = timeline.record(name);
  if (exact !== undefined) return exact;
  if (!/^[0-9a-f]{8,64}$/.test(name)) {
    throw new CliError('usage', {
      what: `"${name}" is no record id`,
      fix: `Give 64 hexadecimal digits, or at least the first ${MIN_PREFIX} of them.`,
    });
  }
  const fitting: LogRecord[] = [];
  for (const record of timeline.records()) if (record.id.startsWith(name)) fitting.push(record);
  const preferred = fitting.filter(prefer);
  const matches = preferred.length > 0 ? preferred : fitting;
  const [only] = matches;
  if (only !== undefined && matches.length === 1) return only;
  if (matches.length > 1) throw unclear('record', name, { matches: matches.map(({ id }) => id), known: [] });
  throw new CliError('unknown-name', {
    what: `none of the ${timeline.size} entries of this log is record "${name}"`,
    fix: 'Look for it with "npx assay log ls"; what was just sent may not be in the log yet.',
  });
}

/** As much of an id as people read. */
export const shortId = (id: string): string => id.slice(0, 12);

function isKind<K extends LogRecord['kind']>(record: LogRecord, kind: K): record is LogRecord & { kind: K } {
  return record.kind === kind;
}
