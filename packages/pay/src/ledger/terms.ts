/** From a verified payment to what is reserved for it. */
import { hex, sha256, utf8 } from '@assay/core';
import type { VerifiedPayment } from '../verify-payment.ts';
import { type HoldTerms, holdId } from './hold.ts';

/** What the gateway knows besides the payment. */
export interface TermsContext {
  /** x402's idempotency key, when the client sent one. */
  readonly paymentId?: string;
  /** Identity of what is asked; a retry has the same. */
  readonly requestHash: string;
  /** The price that was offered: record id, and its fee. */
  readonly priceBook: string;
  readonly feeBps: number;
  /** Unix seconds until which a payment without an order is good. */
  readonly deadline: number;
}

/** The terms of a hold. @throws nothing: the payment has been verified */
export function termsOf(paid: VerifiedPayment, context: TermsContext): HoldTerms {
  const requestId = paid.order?.requestId ?? context.paymentId ?? derivedId(paid, context.requestHash);
  return {
    id: holdId(paid.payer, requestId),
    payer: paid.payer,
    requestId,
    requestHash: context.requestHash,
    network: paid.network,
    priceBook: context.priceBook,
    feeBps: context.feeBps,
    max: String(paid.max),
    deadline: paid.order === undefined ? context.deadline : Number(paid.order.deadline),
    ...(paid.order === undefined ? {} : { order: paid.order }),
    ...schemeTerms(paid),
  };
}

/** A client that sends no id gets one that the same authorization for the same request gives again. */
function derivedId(paid: VerifiedPayment, requestHash: string): string {
  const signature =
    paid.scheme === 'exact' ? paid.authorization.signature : `${paid.paymentChannel} ${paid.ceiling}`;
  return hex(sha256(utf8(`${signature} ${requestHash}`)));
}

function schemeTerms(paid: VerifiedPayment): Pick<HoldTerms, 'batch' | 'exact'> {
  if (paid.scheme === 'batch-settlement') {
    const { paymentChannel, config, ceiling, voucherSignature: signature } = paid;
    return { batch: { paymentChannel, config, ceiling: String(ceiling), signature } };
  }
  const { nonce, value, validAfter, validBefore, signature } = paid.authorization;
  return {
    exact: {
      nonce,
      value: String(value),
      validAfter: String(validAfter),
      validBefore: String(validBefore),
      signature,
    },
  };
}
