/** Statements about the log itself and the rules by which it is read. */
import { z } from 'zod';
import { checkpointRef, digest, nonce, origin, recordId, shortName, uint64 } from './scalars.ts';

/** A witnessed checkpoint, the exact note; all record time is computed from these (PROTOCOL 3.1). Signed by the log. */
export const checkpointCosigned = z.strictObject({ origin, size: uint64, note: z.string().max(12_000) });

/** The state of each view at `size`, so that anybody can recompute what the rules said then (PROTOCOL 4.6). */
export const viewRoot = z.strictObject({
  origin,
  size: uint64,
  rules: digest,
  roots: z.strictObject({ registry: recordId, lineage: recordId }),
});

/** A new rule set takes effect from this statement's index. Signed by the operator until judgement exists. */
export const rulesActivate = z.strictObject({ rules: digest, nonce });

/** Never retroactive. Signed by the operator until judgement exists. */
export const parametersSet = z.strictObject({ name: shortName, value: uint64, nonce });

/** The first entry of a new shard or key, bound to the old head (PROTOCOL 4.5). */
export const logSucceed = z.strictObject({ previous: checkpointRef });

/** Signed by the client: the named payloads of a record are to be deleted with their salts (PROTOCOL 8.2). */
export const payloadErase = z.strictObject({
  record: recordId,
  fields: z
    .array(z.enum(['request', 'input', 'output', 'act', 'note']))
    .min(1)
    .max(5),
});
