/** A question that is paid for: who pays, under which id, and how its payment is named. */
import { hex, sha256, utf8 } from '@assay/core';
import type { Payment } from '@assay/pay';
import type { RequestIdentity } from '../../outbox/index.ts';
import type { ExecuteHead } from '../../inference-node/wire/index.ts';
import type { PublishedPrice } from '@assay/views';
import type { AskedMoney } from '../check-answer.ts';
import type { RequestHash } from '../request-hash.ts';
import type { NodeAnswer } from '../try-nodes.ts';

/** A PAYMENT-SIGNATURE header, and what it says. */
export interface SentPayment {
  readonly header: string;
  readonly payment: Payment;
}

/** Everything that the money side of a request needs to know of it. */
export interface PaidQuestion {
  readonly head: Omit<ExecuteHead, 'attempt' | 'payment'>;
  readonly requestHash: RequestHash;
  /** Bytes of the inputs' tensors: what is billed. */
  readonly inputSize: number;
  readonly identity: RequestIdentity;
  readonly price: PublishedPrice;
  /** The request's URL. */
  readonly url: string;
  /** Digest of the pinned version, or record id of the channel's decision in force. */
  readonly target: string;
  readonly sent: SentPayment | undefined;
  /** Asks nodes. */
  readonly ask: (payment: NonNullable<ExecuteHead['payment']>, money: AskedMoney) => Promise<NodeAnswer>;
}

/** Whose money a payment says it is; nothing of it is verified. */
export const payerOf = ({ scheme, payload }: Payment): string =>
  scheme === 'exact' ? payload.authorization.from : payload.channelConfig.payer;

/**
 * The request id that goes with a payment whose request names none: that of its order, its idempotency key, or one that
 * the same header gives again.
 */
export function requestIdOf({ header, payment }: SentPayment): string {
  if (payment.order !== undefined) return payment.order.requestId;
  const { paymentId } = payment;
  if (paymentId === undefined) return signatureHash(header);
  return /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(paymentId) ? paymentId : hex(sha256(utf8(paymentId)));
}

/** By what a payment header is known again. */
export const signatureHash = (header: string): string => hex(sha256(utf8(header)));
