/**
 * Who pays, and how much: the whole judgement of a payment, without I/O.
 *
 * Compatible on the wire with the official packages and some twenty times cheaper: domains and channel ids are cached,
 * and the curve is native where there is one. What only the ledger can know (other holds) is the ledger's to judge.
 */
import {
  type Address,
  assayDomain,
  chainIdOf,
  type ChannelConfig,
  type EvmHex,
  nobleSecp256k1,
  type Secp256k1,
  type SignedOrder,
} from '@assay/core/money';
import { PayError } from './errors.ts';
import { verifyBatchPayment } from './verify-batch.ts';
import { verifyExactPayment } from './verify-exact.ts';
import { verifyOrder } from './verify-order.ts';
import type { PaymentRequirement } from './wire/messages.ts';
import type { Payment } from './wire/payment.ts';

/** What the chain says of a payment channel. A channel that does not exist yet has zeros. */
export interface ChannelFacts {
  readonly balance: bigint;
  readonly totalClaimed: bigint;
  /** Unix seconds; 0 when the payer has not asked to withdraw. */
  readonly withdrawRequestedAt: number;
}

/** What a payment is judged against. */
export interface PaymentContext {
  /** Our own offer, not the client's echo of it. */
  readonly requirement: PaymentRequirement;
  /** Of the payment's channel; not asked for `exact`. */
  readonly channel?: ChannelFacts;
  /** Unix seconds. */
  readonly now: number;
  readonly curve?: Secp256k1;
}

/** An EIP-3009 authorization that was verified, ready to be sent to the chain. */
export interface VerifiedAuthorization {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: EvmHex;
  readonly signature: EvmHex;
}

/** A deposit that came with a voucher; `salt` made the authorization's nonce. */
export interface VerifiedDeposit extends VerifiedAuthorization {
  readonly salt: EvmHex;
}

/** A payment that holds. */
export type VerifiedPayment = {
  readonly payer: Address;
  /** The most that this request may cost, in atomic units. */
  readonly max: bigint;
  readonly network: string;
  /** The order, with its digest as receipts carry it. */
  readonly order?: SignedOrder & { readonly hash: string };
} & (
  | {
      readonly scheme: 'batch-settlement';
      readonly paymentChannel: EvmHex;
      readonly config: ChannelConfig;
      /** Cumulative: all that may ever be claimed from this channel by what was signed so far. */
      readonly ceiling: bigint;
      readonly voucherSignature: EvmHex;
      readonly deposit?: VerifiedDeposit;
    }
  | { readonly scheme: 'exact'; readonly authorization: VerifiedAuthorization }
);

/**
 * Judges a payment against our offer and what the chain says of its channel.
 *
 * @throws PayError with the rule that does not hold; MoneyError `signature` never leaves: it becomes `signature`
 */
export function verifyPayment(payment: Payment, context: PaymentContext): VerifiedPayment {
  const { requirement, curve = nobleSecp256k1 } = context;
  assertAccepted(payment.accepted, requirement);
  const chainId = chainIdOf(requirement.network);
  const at = { ...context, curve, chainId };
  const paid =
    payment.scheme === 'exact'
      ? verifyExactPayment(payment.payload, at)
      : verifyBatchPayment(payment.payload, at);
  const offered = BigInt(requirement.amount);
  const base = { network: requirement.network, max: offered, ...paid };
  if (payment.order === undefined) return base;
  const order = verifyOrder(payment.order, {
    paid,
    domain: assayDomain(chainId, requirement.payTo.toLowerCase() as Address),
    now: context.now,
    curve,
  });
  const limit = BigInt(order.maxAmount);
  return { ...base, order, max: limit < offered ? limit : offered };
}

/** The client pays what we offered: same scheme, chain, token, receiver and amount. `extra` is judged by what it names. */
function assertAccepted(accepted: PaymentRequirement, offered: PaymentRequirement): void {
  const differs = (['scheme', 'network', 'amount', 'asset', 'payTo'] as const).find(
    (member) => accepted[member].toLowerCase() !== offered[member].toLowerCase(),
  );
  if (differs === undefined) return;
  throw new PayError('requirement', {
    what: `${differs} ${accepted[differs]} is not what is offered (${offered[differs]})`,
    where: `accepted.${differs}`,
    fix: 'Take the terms from PAYMENT-REQUIRED and pay again.',
  });
}
