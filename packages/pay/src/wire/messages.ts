/** The three x402 v2 messages (x402 specification v2 §5). Unknown members are dropped, as the official schemas do. */
import { z } from 'zod';
import { network } from './scalars.ts';

const record = z.record(z.string().max(128), z.unknown());
const text = z.string().max(2_048);

/** What is bought. */
const resource = z.object({
  url: text,
  description: text.optional(),
  mimeType: z.string().max(256).optional(),
  serviceName: text.optional(),
  tags: z.array(z.string().max(128)).max(32).optional(),
  iconUrl: text.optional(),
});

/** One way to pay. `amount` is in atomic units of `asset`; for `batch-settlement` it is the most that one request costs. */
export const paymentRequirement = z.object({
  scheme: z.string().min(1).max(64),
  network,
  asset: z.string().min(1).max(128),
  amount: z.string().regex(/^[0-9]{1,39}$/, { error: 'expected atomic units' }),
  payTo: z.string().min(1).max(128),
  maxTimeoutSeconds: z.number().nonnegative(),
  extra: record.default({}),
});

/** The header PAYMENT-REQUIRED of a 402. */
export const paymentRequired = z.object({
  x402Version: z.literal(2),
  error: text.optional(),
  resource,
  accepts: z.array(paymentRequirement).min(1).max(32),
  extensions: record.optional(),
});

/** The header PAYMENT-SIGNATURE of a request. */
export const paymentPayload = z.object({
  x402Version: z.literal(2),
  resource: resource.optional(),
  accepted: paymentRequirement,
  payload: record,
  extensions: record.optional(),
});

/** The header PAYMENT-RESPONSE of an answer. */
export const settleResponse = z.object({
  success: z.boolean(),
  errorReason: text.optional(),
  errorMessage: text.optional(),
  payer: z.string().max(128).optional(),
  transaction: z.string().max(128),
  network,
  /** Atomic units settled. */
  amount: z.string().max(78).optional(),
  extensions: record.optional(),
  extra: record.optional(),
});

/** One way to pay. */
export type PaymentRequirement = z.infer<typeof paymentRequirement>;
/** What a 402 says. */
export type PaymentRequired = z.infer<typeof paymentRequired>;
/** What a paying request says. */
export type PaymentPayload = z.infer<typeof paymentPayload>;
/** What an answer says of its payment. */
export type SettleResponse = z.infer<typeof settleResponse>;
