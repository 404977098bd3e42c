/** Judges logged witnessed checkpoints by a reader's own policy, for the registry view (PROTOCOL 3.1). */
import { AssayError, utf8 } from '@assay/core';
import { openWitnessedCheckpoint, type Policy } from '@assay/log';
import type { WitnessedAt } from '@assay/views';

/**
 * The judgement for one policy: the witnessed time of a `checkpoint.cosigned` statement whose note is what it says it
 * is and meets the quorum, undefined for any other. The policy comes from the reader, never from the log's server.
 */
export function witnessedAt(policy: Policy): WitnessedAt {
  return ({ note, origin, size }) => {
    try {
      const { checkpoint, witnessedAt } = openWitnessedCheckpoint(utf8(note), policy);
      return checkpoint.origin === origin && String(checkpoint.size) === size ? witnessedAt : undefined;
    } catch (error) {
      // A bad note in the log is a fact to pass over with a reason, not a fault of the reader.
      if (error instanceof AssayError) return undefined;
      throw error;
    }
  };
}
