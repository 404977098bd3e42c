/** The error family of witnesses: their own state, and what a log sees when it asks one. */
import { AssayError } from '@assay/core';

export class WitnessError extends AssayError<
  | 'lost-database' // the key has cosigned before and its memory is gone: it must be retired
  | 'wrong-database' // the database belongs to another key
  | 'key-file' // no usable seed
  | 'clock' // the witness's clock went back
  | 'malformed' // an add-checkpoint body that breaks its rules
  | 'unreachable' // no answer, or none in time
  | 'refused' // it does not know the log, or does not accept its signature
  | 'busy' // asked to come again later
  | 'ahead' // it holds a larger tree of this log
  | 'inconsistent' // it holds another tree of this log
  | 'bad-reply' // an answer that proves nothing
> {}
