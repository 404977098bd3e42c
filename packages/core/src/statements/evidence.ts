/** Statements of which version made an output. */
import { z } from 'zod';
import { decimal, digest, recordId } from './scalars.ts';
import { runtime } from './outputs.ts';

/**
 * Anybody may sign one. Its grade is computed from the signer and from what is attached, never from what it says of
 * itself: a re-execution counts as one only from a registered verifier that the node's operator does not run.
 */
export const evidence = z.strictObject({
  output: recordId,
  version: digest,
  /** What was done to find out; absent for a bare observation. */
  reexecution: z
    .strictObject({
      runtime,
      /** Largest absolute difference between the recorded output and the re-run on `version`. */
      difference: decimal,
      /** The version's declared tolerance. */
      tolerance: decimal,
      /** The re-run's own receipt, where a node made it. */
      rerun: recordId.optional(),
    })
    .optional(),
});
