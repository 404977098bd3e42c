/** Statements about what was done with outputs. */
import { z } from 'zod';
import { commitment, recordId, shortName, uint64 } from './scalars.ts';

/** How one record used another. */
export const deriveRole = z.enum(['used', 'policy', 'copy', 'quoted']);

/** Signed by the owner of the record that used; anybody else's edge counts as possible only. May arrive late. */
export const derive = z.strictObject({
  to: recordId,
  source: recordId,
  role: deriveRole,
  /** Absent means true. False needs a second signer (PROTOCOL 2.2). */
  propagates: z.boolean().optional(),
});

/** Signed by the agent that acted. `content` commits to what was done; the log shows only kind, weight and sources. */
export const act = z.strictObject({
  type: z.enum(['decision', 'workflow', 'payment', 'message', 'memory']),
  reversibility: z.enum(['retractable', 'compensable', 'irreversible']),
  uses: z.array(recordId).max(256),
  content: commitment,
  /** In the smallest unit of `currency`; a currency that is not real money says "simulated" in its name. */
  amount: z.strictObject({ value: uint64, currency: shortName }).optional(),
});
