/** At which witnessed size a question about a record can be asked. */
import type { LogRecord } from '@assay/core';
import type { Timeline } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { shortId } from './records.ts';

/**
 * The size to ask at: `knownAt`, or else the newest witnessed one. A record that no witness has seen yet has no time,
 * so nothing can be told about it.
 *
 * @throws CliError `not-yet`
 */
export function sizeToAsk(timeline: Timeline, record: LogRecord, knownAt?: number): number {
  const size = knownAt ?? timeline.witnessedSize;
  if (record.index < size) return size;
  throw new CliError('not-yet', {
    what: `${record.kind} ${shortId(record.id)} at index ${record.index} lies beyond log size ${size}`,
    fix:
      knownAt === undefined
        ? 'Witnesses have not seen it yet; ask again in a few seconds.'
        : 'Ask at a larger size.',
  });
}
