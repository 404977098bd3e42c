/** Statements about who takes part and who may act for whom. */
import { z } from 'zod';
import { keyId, modelName, nonce, recordId, seconds, shortName, uint64 } from './scalars.ts';

/** What a participant offers to do. */
export const role = z.enum(['log', 'owner', 'node', 'gateway', 'agent', 'verifier', 'witness', 'settler']);

/** Signed by the joining key itself. `operator` is the key that answers for this participant; its own if absent. */
export const participantJoin = z.strictObject({
  roles: z.array(role).min(1).max(8),
  name: shortName,
  operator: keyId.optional(),
  endpoints: z.array(z.url().max(256)).max(8),
  paymentKey: z
    .string()
    .regex(/^secp256k1:0[23][0-9a-f]{64}$/, { error: 'expected a compressed secp256k1 key' }),
  /** The payment key's word for the statement key; the envelope is the word the other way. */
  paymentKeySignature: z.string().regex(/^[0-9a-f]{128}$/, { error: 'expected 64 bytes in hexadecimal' }),
  /** Nonce of the join work (`join-work.ts`). */
  work: uint64,
});

/** Signed by the leaving key. */
export const participantLeave = z.strictObject({});

/** What a model's owner can let another key do. */
export const permission = z.enum(['version.publish', 'channel.decide', 'incident.settle']);

/** Signed by the model's owner. */
export const grant = z.strictObject({
  model: modelName,
  to: keyId,
  permissions: z.array(permission).min(1).max(8),
  nonce,
});

/** Signed by whoever signed the grant. */
export const revoke = z.strictObject({ grant: recordId });

/** Signed by the old key; `proof` is the new key's signature (hex) over the old key's id. */
export const keyRotate = z.strictObject({
  to: keyId,
  proof: z.string().regex(/^[0-9a-f]{128}$/, { error: 'expected 64 bytes in hexadecimal' }),
});

/** Signed by the compromised key or its operator. `since` is a claim, kept beside the index that counts. */
export const keyCompromised = z.strictObject({ key: keyId, since: seconds });

/** One more signer for a record. */
export const endorse = z.strictObject({ record: recordId });
