/** Statements of an incident's life: a notice of what is no longer to be relied on, until each consequence is settled. */
import { z } from 'zod';
import { commitment, decimal, digest, keyId, nonce, recordId, seconds, uint64 } from './scalars.ts';

const condition = z.union([
  z.strictObject({
    field: z.enum(['channel', 'model', 'client', 'finish', 'verification']),
    eq: z.string().max(256),
  }),
]);

/** What the notice is about: versions, or nodes, or both; `where` narrows it. */
const about = {
  versions: z.array(digest).min(1).max(64).optional(),
  nodes: z.array(keyId).min(1).max(64).optional(),
  where: z.array(condition).max(8).optional(),
  from: seconds,
  until: seconds.optional(),
};

/** Anybody joined may sign one; it moves no money until it is upheld. */
export const incidentOpen = z
  .strictObject({ ...about, nonce, because: commitment.optional() })
  .refine((open) => open.versions !== undefined || open.nodes !== undefined, {
    error: 'name versions or nodes',
  });

/** Signed by the opener with the owner's endorsement; `dismissed` empties the scope. */
export const incidentAmend = z.strictObject({
  incident: recordId,
  nonce,
  set: z.strictObject({
    ...about,
    from: seconds.optional(),
    status: z.enum(['open', 'dismissed']).optional(),
  }),
});

/** The states of a disposition (rollback.md §2.3). */
export const dispositionState = z.enum([
  'acknowledged',
  'rerun_same',
  'rerun_different',
  'compensated',
  'accepted',
  'not_affected',
  'superseded',
  'disputed',
]);

/** Signed by the owner of the target record, or by a handler that it authorised. */
export const incidentSettle = z.strictObject({
  incident: recordId,
  target: recordId,
  state: dispositionState,
  nonce,
  basis: z.array(recordId).max(16).optional(),
  /** What was given back, for `compensated`, in the act's own unit; never more than its harm over all incidents. */
  amount: uint64.optional(),
  note: commitment.optional(),
});

/** The compensation recorded for `target` was itself undone. */
export const incidentReverse = z.strictObject({ target: recordId, nonce });

/** A party recomputed the scope at `size` and found this root. */
export const scopeAttest = z.strictObject({ incident: recordId, size: uint64, root: recordId });

/**
 * A draw from the outputs that only suspect nodes cleared (PROTOCOL 6.2), each of which was re-executed and confirmed.
 * Anybody can repeat it: the set and the draw follow from the log, `size` and `seed`.
 */
const clearedSample = z.strictObject({
  /** The witnessed size as of which the set was taken. */
  size: uint64,
  /** Outputs in the set, and how many of them were drawn. */
  of: uint64,
  drawn: uint64,
  /** Hex, 32 bytes. */
  seed: recordId,
  /** At most this share of the set may still be different, at 95 % confidence. */
  bound: decimal,
});

/** Closed as of `size`, on the word of `attests`. A late record reopens it. */
export const incidentClose = z.strictObject({
  incident: recordId,
  size: uint64,
  root: recordId,
  attests: z.array(recordId).min(1).max(16),
  /** Absent when nothing was left that only suspect nodes cleared. */
  sample: clearedSample.optional(),
});
