/** Statements about money: what an answer costs, what was charged or let go, and what was settled on a chain. */
import { z } from 'zod';
import {
  amount,
  bytes32,
  channelName,
  evmAddress,
  evmNetwork,
  evmSignature,
  modelName,
  nonce,
  recordId,
  requestId,
  uint64,
} from './scalars.ts';

/**
 * Signed by a gateway: what an answer of `model` costs there, in atomic units of `asset`. An answer costs `perRequest`,
 * and for each begun KiB of input and of output as its receipt counts them. The newest by a gateway for a model is its
 * price; a model without one is free.
 */
export const pricePublish = z.strictObject({
  model: modelName,
  network: evmNetwork,
  asset: evmAddress,
  /** The settlement vault: who receives, on that network. */
  vault: evmAddress,
  /** Whose signature claims on payment channels; x402's `receiverAuthorizer`. */
  receiverAuthorizer: evmAddress,
  perRequest: amount,
  perInputKib: amount,
  perOutputKib: amount,
  /** The gateway's share of each charge, in hundredths of a percent, rounded down. */
  feeBps: z.int().min(0).max(10_000),
  nonce,
});

/** The payer's order, as its session key signed it (specs/payments.md, "Order"). */
const signedOrder = z.strictObject({
  /** 32 zero bytes for `exact`. */
  paymentChannel: bytes32,
  requestId,
  requestHash: bytes32,
  /** Empty for a pin. */
  channel: z.union([channelName, z.literal('')]),
  target: bytes32,
  priceBook: bytes32,
  maxAmount: amount,
  /** Unix seconds. */
  deadline: uint64,
  signature: evmSignature,
  /** The address that signed. */
  by: evmAddress,
});

/** The terms of a payment channel (x402 `ChannelConfig`). */
const channelConfig = z.strictObject({
  payer: evmAddress,
  payerAuthorizer: evmAddress,
  receiver: evmAddress,
  receiverAuthorizer: evmAddress,
  token: evmAddress,
  withdrawDelay: z.int().min(0).max(2_592_000),
  salt: bytes32,
});

/**
 * Signed by a gateway once the receipt stands in a witnessed checkpoint: its amount is captured. One per receipt, and
 * one per payer and request id.
 */
export const charge = z
  .strictObject({
    receipt: recordId,
    scheme: z.enum(['batch-settlement', 'exact']),
    network: evmNetwork,
    payer: evmAddress,
    amount,
    /** The gateway's part of `amount`; the rest is the node's. */
    fee: amount,
    priceBook: recordId,
    /** Absent when an x402 client that knows no orders paid. */
    order: signedOrder.optional(),
    /** Of scheme `batch-settlement`: the payment channel, and the newest voucher on it. */
    batch: z
      .strictObject({
        paymentChannel: bytes32,
        config: channelConfig,
        voucher: z.strictObject({ maxClaimableAmount: amount, signature: evmSignature }),
        /** All that was captured on this payment channel, this charge included. */
        cumulative: amount,
      })
      .optional(),
    /** Of scheme `exact`: the transaction that moved the money into the vault, where it was held until now. */
    exact: z.strictObject({ tx: bytes32, nonce: bytes32, value: amount }).optional(),
  })
  .refine(
    ({ scheme, batch, exact }) =>
      scheme === 'exact' ? exact !== undefined && !batch : batch !== undefined && !exact,
    { error: 'expected the members of its scheme, and not those of another' },
  );

/** Signed by a gateway: an output exists that will not be charged, or money of an `exact` payment is to go back. */
export const release = z.strictObject({
  receipt: recordId.optional(),
  network: evmNetwork,
  payer: evmAddress,
  /** The order's EIP-712 digest. */
  order: recordId.optional(),
  paymentChannel: bytes32.optional(),
  /** Of `exact`: the transaction that moved the money into the vault. */
  tx: bytes32.optional(),
  /** What is let go: for `exact` the money that goes back, else the hold that ended. */
  amount,
  reason: z.enum(['no-output', 'not-chargeable', 'expired']),
});

/**
 * Signed by a settler: the charges and releases with `from` ≤ log index < `to` were posted to the vault in one
 * transaction. Numbers count from 1 and ranges join without a gap. Roots, total and credits are a function of the range,
 * and anybody recomputes them; both roots are 32 zero bytes for a range without charges.
 */
export const batch = z.strictObject({
  number: uint64,
  network: evmNetwork,
  vault: evmAddress,
  from: uint64,
  to: uint64,
  /** Merkle root over the charges' leaves (specs/payments.md, "Leaf"). */
  root: bytes32,
  /** Leaves under it. */
  count: uint64,
  /** The sum of their amounts, which the credits add up to. */
  total: amount,
  /** Merkle root over what was captured in total on each payment channel charged here (PROTOCOL 7.4). */
  channelsRoot: bytes32,
  /** Who gets the fees. */
  treasury: evmAddress,
  /** What each address gets, ascending by address. */
  credits: z.array(z.strictObject({ to: evmAddress, amount })).max(100),
  tx: bytes32,
});

/**
 * Signed by a settler: these charges stay out of its batches, because the money that they name could not be had on the
 * chain: a payment channel that holds less than its vouchers promise, an `exact` payment that is not in the vault.
 */
export const chargeWithhold = z.strictObject({
  network: evmNetwork,
  vault: evmAddress,
  /** Record ids of charges. Nothing was claimed for them, and nothing of them can be given back. */
  charges: z.array(recordId).min(1).max(128),
});

/** Signed by a settler: an incident's affected charges were given back as one class refund (PROTOCOL 7.6). */
export const refund = z.strictObject({
  incident: recordId,
  /** From 2 on: charges that came to light after the incident's refund before. Absent in its first. */
  round: uint64.optional(),
  /** The witnessed log size as of which the incident's scope was taken. */
  size: uint64,
  network: evmNetwork,
  vault: evmAddress,
  /** Merkle root over what each payer gets back, and over the charges (specs/payments.md, "Refund"). */
  root: bytes32,
  /** Charges that are given back, and their sum. */
  count: uint64,
  total: amount,
  /** What the waterfall could not cover; it is shared pro rata. */
  shortfall: amount,
  /** At most three make it claimable. */
  txs: z.array(bytes32).min(1).max(3),
});

/** Signed by a settler: the vault's vetoer stopped a refund within its window, so that nothing of it was given back. */
export const refundVeto = z.strictObject({
  incident: recordId,
  /** Which refund of the incident, from 2 on. Absent for its first. */
  round: uint64.optional(),
  network: evmNetwork,
  vault: evmAddress,
  /** As the vault knows the refund (specs/payments.md, "Refund"). It may be proposed again under the same name. */
  name: bytes32,
  /** The vetoer's transaction. */
  tx: bytes32,
});
