/** The receipt: the statement that an output was made, with everything that was billed or changed the answer. */
import { z } from 'zod';
import {
  amount,
  channelName,
  checkpointRef,
  commitment,
  digest,
  keyId,
  millis,
  modelName,
  recordId,
  requestId,
  shortName,
  uint64,
} from './scalars.ts';
import { streamId } from './serving.ts';

/** Why the answer ended. A truncated answer says so. */
export const finishReason = z.enum(['stop', 'length', 'cancelled', 'error']);

/** How much proof the caller asked for; chosen by the caller, recorded, never silently lowered. */
export const verificationLevel = z.enum(['signed', 'audited', 'audited-statistical', 'attested', 'proven']);

/** What the request named: one version by digest, or a channel and the decision that the node obeyed. */
export const target = z.union([
  z.strictObject({ pin: digest }),
  z.strictObject({ channel: channelName, decision: recordId }),
]);

/** The software and hardware that ran it; the operator's runtime stands only here (PROTOCOL 5.7). */
export const runtime = z.strictObject({
  name: shortName,
  version: z.string().regex(/^[\w.+-]{1,64}$/, { error: 'expected a version' }),
  platform: shortName,
  provider: shortName,
  threads: z.int().min(1).max(1_024),
});

/**
 * Signed by the node that made the output (PROTOCOL 5.1, 5.4, 5.6). What belongs to money is absent, never null, until
 * a payment is made.
 */
export const outputReceipt = z.strictObject({
  /** `client` is a key, a name, or the address of whoever pays. */
  request: z.strictObject({ id: requestId, client: z.union([keyId, shortName]), hash: commitment }),
  /** 0 for the first try; a failover to another node counts up. */
  attempt: z.int().min(0).max(1_000),
  model: modelName,
  target,
  version: digest,
  input: commitment,
  output: commitment,
  stream: streamId,
  sequence: uint64,
  /** The stream's receipt before this one; absent for the first. */
  previous: recordId.optional(),
  accepted: millis,
  finished: millis,
  /** The newest logged cosigned checkpoint that the node knew before it began. */
  notBefore: checkpointRef,
  finish: finishReason,
  usage: z.strictObject({ inputBytes: uint64, outputBytes: uint64, computeMicros: uint64 }),
  /** Every effective parameter, as text. */
  parameters: z.record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(256)),
  runtime,
  verification: verificationLevel,
  /** Records whose outputs went into this one. */
  uses: z.array(recordId).max(64).optional(),
  copyOf: recordId.optional(),
  rerunOf: recordId.optional(),
  relayed: z.literal(true).optional(),
  /** Of a paid answer: the order's EIP-712 digest, absent when an x402 client sent none. */
  order: recordId.optional(),
  /** Of a paid answer: its price by the order's price book, in atomic units of the token. */
  amount: amount.optional(),
  /** Of a paid answer: the node's payment key over specs/payments.md, "Receipt". */
  paymentSignature: z
    .string()
    .regex(/^[0-9a-f]{130}$/)
    .optional(),
});
