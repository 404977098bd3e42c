/** What can go wrong with a log on disk, as one closed family. */
import { AssayError } from '@assay/core';

/** A log that cannot open, will not sign, or has stopped. */
export class LogError extends AssayError<
  | 'wrong-origin' // the directory belongs to another log
  | 'wrong-key' // the directory was signed with another key
  | 'row-ahead' // the checkpoint row promises entries that the files do not hold: a restored snapshot
  | 'corrupt' // bytes that were durable are not what the checkpoint covers
  | 'missing' // a file that was durable is gone
  | 'lost-race' // another writer moved the checkpoint row
  | 'clock-backwards' // the clock says less than the newest checkpoint
  | 'witness-ahead' // a witness holds a larger tree than ours
  | 'witness-fork' // a witness holds a different tree
  | 'witness-silent' // too few witnesses answered to know
  | 'overloaded' // the queue is full; nothing was taken
  | 'entry-size' // longer than a C2SP entry bundle can carry
  | 'not-covered' // an index or size outside the checkpoint asked about
  | 'stale' // a note older than the published one
  | 'stopped' // an earlier failure ended this writer; open the log again
> {}
