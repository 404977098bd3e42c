/** The admission port: what stands between a stranger's bytes and the log (PROTOCOL 2.3). */
import { AssayError } from '@assay/core';
import type { EntryDescription } from '@assay/log/node';

/** An entry that is well formed and still not taken. */
export class AdmissionError extends AssayError<
  | 'too-large' // over the log's limit
  | 'empty' // no bytes
  | 'not-joined' // the signer is not, or no longer, a participant
  | 'work' // a join without the work it costs
  | 'not-operator' // a statement that only the log's operator makes
  | 'quota' // this key has used up its share for now
> {}

/** Judges entries. Called in one process, one entry at a time; keeps what it must know by itself. */
export interface Admission {
  /**
   * What the log must know of an entry that may go in.
   *
   * @throws AssayError of any family: the entry is refused with it, and nothing is logged
   */
  admit(entry: Uint8Array): EntryDescription;

  /** The same for an entry that is in the log already; undefined when it cannot be read. Never throws. */
  describe(entry: Uint8Array): EntryDescription | undefined;

  /** Told of durable entries in log order, from the first, of those at least that it called notable: how it learns who has joined. */
  logged(entry: Uint8Array, index: number): void;
}
