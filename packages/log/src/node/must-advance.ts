/** The one rule about a log's clock: it never says less than the newest checkpoint (facts §7 trap 9). */
import { LogError } from './log-error.ts';

/** @throws LogError `clock-backwards` if `now` is before `last`; both Unix seconds */
export function mustAdvance(now: number, last: number): number {
  if (now >= last) return now;
  throw new LogError('clock-backwards', {
    what: `the clock says ${now}, the newest checkpoint was made at ${last} (Unix seconds)`,
    fix: 'Set the clock right; the log goes on when it has caught up.',
  });
}
