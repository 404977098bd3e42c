/** What a scheme puts into `payload`: vouchers, deposits and refunds of `batch-settlement`, authorizations of `exact`. */
import { MAX_WITHDRAW_DELAY } from '@assay/core/money';
import { z } from 'zod';
import { address, amount, bytes32, signature, unixSeconds } from './scalars.ts';

/** The terms of a payment channel. */
export const channelConfig = z.strictObject({
  payer: address,
  payerAuthorizer: address,
  receiver: address,
  receiverAuthorizer: address,
  token: address,
  withdrawDelay: z.int().min(0).max(MAX_WITHDRAW_DELAY),
  salt: bytes32,
});

const voucher = z.strictObject({ channelId: bytes32, maxClaimableAmount: amount, signature });

const erc3009Authorization = z.strictObject({
  validAfter: unixSeconds,
  validBefore: unixSeconds,
  salt: bytes32,
  signature,
});

/** All that scheme `batch-settlement` may send; Permit2 deposits are refused by name, not by accident. */
export const batchPayload = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('voucher'), channelConfig, voucher }),
  z.strictObject({
    type: z.literal('deposit'),
    channelConfig,
    voucher,
    deposit: z.strictObject({
      amount,
      authorization: z.strictObject(
        { erc3009Authorization },
        { error: 'expected an EIP-3009 authorization; Permit2 is not taken here' },
      ),
    }),
  }),
  z.strictObject({ type: z.literal('refund'), channelConfig, voucher, amount: amount.optional() }),
]);

/** What scheme `exact` sends: an EIP-3009 transfer authorization. */
export const exactPayload = z.strictObject({
  authorization: z.strictObject({
    from: address,
    to: address,
    value: amount,
    validAfter: unixSeconds,
    validBefore: unixSeconds,
    nonce: bytes32,
  }),
  signature,
});

/** A `batch-settlement` payload. */
export type BatchPayload = z.infer<typeof batchPayload>;
/** An `exact` payload. */
export type ExactPayload = z.infer<typeof exactPayload>;
