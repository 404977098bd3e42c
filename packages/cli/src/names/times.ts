/** Moments as people give them: ISO 8601, Unix seconds, or a place in the log. */
import type { Registry } from '@assay/views';
import { CliError } from '../cli-error.ts';

/**
 * Unix seconds of `text`. `log:<index>` is the recorded time of that entry: when witnesses had seen it.
 *
 * @throws CliError `usage`
 */
export function parseMoment(registry: Registry, text: string): number {
  const index = /^log:(\d{1,15})$/.exec(text)?.[1];
  if (index !== undefined) return recordedAt(registry, Number(index));
  if (/^\d{1,11}$/.test(text)) return Number(text);
  const zoned = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text);
  const millis = zoned ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(millis)) return Math.floor(millis / 1_000);
  throw new CliError('usage', {
    what: `"${text}" is no moment`,
    fix: 'Write 2026-01-31T12:30:00Z, Unix seconds, or log:<index>.',
  });
}

function recordedAt(registry: Registry, index: number): number {
  const time = registry.time.recordedAt(index);
  if (time !== undefined) return time;
  throw new CliError('usage', {
    what: `entry ${index} is not under a witnessed checkpoint yet`,
    fix: 'Give a moment, or wait until witnesses have seen it.',
  });
}
