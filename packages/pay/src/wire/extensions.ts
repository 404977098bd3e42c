/** The two extensions that a payment of ours carries. A server declares, a client echoes the declaration and adds to it. */
import { z } from 'zod';
import { address, amount, bytes32, signature, unixSeconds } from './scalars.ts';

/** x402's idempotency key: the same id asked again gets the same answer. */
export const PAYMENT_IDENTIFIER = 'payment-identifier';
/** Ours: the order that binds a payment to one request, one target and one price. */
export const ASSAY_ORDER = 'assay-order';

/** An order with its signature, as it stands in JSON. */
export const signedOrder = z.strictObject({
  paymentChannel: bytes32,
  requestId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, { error: 'expected a request id' }),
  requestHash: bytes32,
  channel: z.string().max(256),
  target: bytes32,
  priceBook: bytes32,
  maxAmount: amount,
  deadline: unixSeconds,
  signature,
  by: address,
});

/** `payment-identifier` as a payload carries it. */
export const paymentIdentifier = z.object({
  info: z.object({
    required: z.boolean().optional(),
    id: z
      .string()
      .regex(/^[A-Za-z0-9_-]{16,128}$/, { error: 'expected 16 to 128 letters, digits, - or _' })
      .optional(),
  }),
});

/** `assay-order` as a payload carries it; a client that knows no orders echoes the declaration without one. */
export const assayOrder = z.object({ info: z.object({ order: signedOrder.optional() }) });

/** What a server says of `assay-order`: under whose vault orders are signed, and at which price book. */
export const orderDeclaration = z.object({
  info: z.object({ vault: address, priceBook: bytes32, channel: z.string().max(256), target: bytes32 }),
});

/** The declaration of `payment-identifier` in a 402 (x402 extension of that name). */
export function declarePaymentIdentifier(required = false): Record<string, unknown> {
  return {
    info: { required },
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        required: { type: 'boolean' },
        id: { type: 'string', minLength: 16, maxLength: 128, pattern: '^[a-zA-Z0-9_-]+$' },
      },
      required: ['required'],
    },
  };
}

/** The declaration of `assay-order` in a 402. All members are `0x…` but the channel's name. */
export function declareOrder(info: z.infer<typeof orderDeclaration>['info']): Record<string, unknown> {
  return {
    info,
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { vault: { type: 'string' }, priceBook: { type: 'string' }, order: { type: 'object' } },
      required: ['vault', 'priceBook'],
    },
  };
}
