/** A payment as it was sent, parsed whole: what was accepted, the scheme's own data, and our two extensions. */
import type { SignedOrder } from '@assay/core/money';
import { PayError } from '../errors.ts';
import { ASSAY_ORDER, assayOrder, PAYMENT_IDENTIFIER, paymentIdentifier } from './extensions.ts';
import { checked, PAYMENT_SIGNATURE, readPaymentPayload } from './header.ts';
import type { PaymentPayload, PaymentRequirement } from './messages.ts';
import { type BatchPayload, batchPayload, type ExactPayload, exactPayload } from './payloads.ts';

interface Common {
  /** The requirement that the client says it pays. */
  readonly accepted: PaymentRequirement;
  /** The idempotency key, when the client sent one. */
  readonly paymentId?: string;
  readonly order?: SignedOrder;
}

/** A payment of one of the two schemes that are taken here. */
export type Payment = Common &
  (
    | { readonly scheme: 'batch-settlement'; readonly payload: BatchPayload }
    | { readonly scheme: 'exact'; readonly payload: ExactPayload }
  );

/**
 * Reads a PAYMENT-SIGNATURE header. Nothing is verified yet.
 *
 * @throws PayError `header`, `too-large`, `version` or `scheme`
 */
export function readPayment(header: string): Payment {
  return parsePayment(readPaymentPayload(header));
}

/** `readPayment` of a message already read. */
export function parsePayment(message: PaymentPayload): Payment {
  const { accepted, payload, extensions = {} } = message;
  const common = { accepted, ...paymentIdOf(extensions), ...orderOf(extensions) };
  if (accepted.scheme === 'exact') {
    return {
      ...common,
      scheme: 'exact',
      payload: checked(exactPayload, payload, `${PAYMENT_SIGNATURE}.payload`),
    };
  }
  if (accepted.scheme === 'batch-settlement') {
    return {
      ...common,
      scheme: 'batch-settlement',
      payload: checked(batchPayload, payload, `${PAYMENT_SIGNATURE}.payload`),
    };
  }
  throw new PayError('scheme', {
    what: `scheme "${accepted.scheme}" is not taken here`,
    where: `${PAYMENT_SIGNATURE}.accepted.scheme`,
    fix: 'Pay by "batch-settlement" or "exact".',
  });
}

function paymentIdOf(extensions: Readonly<Record<string, unknown>>): { paymentId?: string } {
  const value = extensions[PAYMENT_IDENTIFIER];
  if (value === undefined) return {};
  const { id } = checked(
    paymentIdentifier,
    value,
    `${PAYMENT_SIGNATURE}.extensions.${PAYMENT_IDENTIFIER}`,
  ).info;
  return id === undefined ? {} : { paymentId: id };
}

function orderOf(extensions: Readonly<Record<string, unknown>>): { order?: SignedOrder } {
  const value = extensions[ASSAY_ORDER];
  if (value === undefined) return {};
  const { order } = checked(assayOrder, value, `${PAYMENT_SIGNATURE}.extensions.${ASSAY_ORDER}`).info;
  return order === undefined ? {} : { order };
}
