/** Statements about models, their immutable versions, and the channels that point at them. */
import { z } from 'zod';
import {
  channelName,
  commitment,
  decimal,
  digest,
  modelName,
  nonce,
  recordId,
  seconds,
  shortName,
  tensorSpec,
  uint64,
} from './scalars.ts';

/** Weights of a decision sum to this (PROTOCOL 5.5). */
export const WEIGHT_TOTAL = 10_000;

/** Signed by the owner named in the model's name. */
export const modelCreate = z.strictObject({ model: modelName });

/** Signed by the owner or a granted key. `version` is the digest of the manifest, which lists all that changes answers. */
export const versionPublish = z.strictObject({
  model: modelName,
  version: digest,
  /** A name for people, such as v2; the digest is what counts. */
  label: shortName,
  /** Where its content is stored: manifest, graph and whatever else the manifest names (specs/manifest.md); bytes. */
  blob: z.strictObject({ id: recordId, size: uint64 }),
  inputs: z.array(tensorSpec).min(1).max(32),
  outputs: z.array(tensorSpec).min(1).max(32),
  licence: z.string().regex(/^[A-Za-z0-9.+-]{1,64}$/, { error: 'expected an SPDX licence id' }),
  /** Declared standard p*: the share of right answers that the owner holds the version to. */
  standard: decimal.optional(),
});

/** Signed by the owner or a granted key; nodes then refuse pins of the version as well (PROTOCOL 5.2). */
export const versionWithdraw = z.strictObject({
  model: modelName,
  version: digest,
  because: commitment.optional(),
});

/**
 * Moves a channel; signed by the owner or a granted key. The target is always explicit: weights sum to 10 000, and an
 * empty target stops the channel. Promote, canary, rollback and withdraw are labels computed from before and after.
 */
export const channelDecide = z.strictObject({
  channel: channelName,
  to: z.record(digest, z.int().min(1).max(WEIGHT_TOTAL)).refine(
    (to) => {
      const weights = Object.values(to);
      return weights.length === 0 || weights.reduce((sum, weight) => sum + weight, 0) === WEIGHT_TOTAL;
    },
    { error: `expected weights that sum to ${WEIGHT_TOTAL}, or {} to stop the channel` },
  ),
  nonce,
  effective: seconds.optional(),
  because: commitment.optional(),
  incident: recordId.optional(),
});
