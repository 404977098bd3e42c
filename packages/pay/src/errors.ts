/** Why a payment is not taken. The codes are closed; `x402Reason` is what each is called on the wire. */
import { AssayError } from '@assay/core';

/** A payment header that cannot be read, or a payment that does not hold. */
export class PayError extends AssayError<
  | 'header'
  | 'too-large'
  | 'version'
  | 'scheme'
  | 'requirement'
  | 'signature'
  | 'signer'
  | 'payment-channel'
  | 'terms'
  | 'withdrawing'
  | 'balance'
  | 'below-claimed'
  | 'expired'
  | 'not-yet-valid'
  | 'amount'
  | 'order'
  | 'order-signer'
  | 'order-expired'
> {}

/** The code of a `PayError`. */
export type PayCode = PayError['code'];

const BATCH = 'invalid_batch_settlement_evm_';
const EXACT = 'invalid_exact_evm_payload_';

/** Reasons as the official packages (@x402/evm 2.27) write them, where they have one; ours begin with `assay_`. */
const REASONS: { readonly [C in PayCode]: readonly [batch: string, exact: string] } = {
  header: ['invalid_payload', 'invalid_payload'],
  'too-large': ['invalid_payload', 'invalid_payload'],
  version: ['invalid_x402_version', 'invalid_x402_version'],
  scheme: [`${BATCH}payload_type`, 'unsupported_scheme'],
  requirement: ['invalid_payment_requirements', 'invalid_payment_requirements'],
  signature: [`${BATCH}voucher_signature`, `${EXACT}signature`],
  signer: [`${BATCH}voucher_signature`, `${EXACT}signature`],
  'payment-channel': [`${BATCH}channel_id_mismatch`, 'assay_payment_channel'],
  terms: [`${BATCH}receiver_mismatch`, `${EXACT}recipient_mismatch`],
  withdrawing: ['assay_withdrawal_pending', 'assay_withdrawal_pending'],
  balance: [`${BATCH}cumulative_exceeds_balance`, 'insufficient_funds'],
  'below-claimed': [`${BATCH}cumulative_below_claimed`, 'assay_below_claimed'],
  expired: [`${BATCH}payload_authorization_valid_before`, `${EXACT}authorization_valid_before`],
  'not-yet-valid': [`${BATCH}payload_authorization_valid_after`, `${EXACT}authorization_valid_after`],
  amount: [`${BATCH}cumulative_amount_mismatch`, `${EXACT}authorization_value`],
  order: ['assay_order', 'assay_order'],
  'order-signer': ['assay_order_signature', 'assay_order_signature'],
  'order-expired': ['assay_order_deadline', 'assay_order_deadline'],
};

/** What `code` is called in a 402's `error` and in PAYMENT-RESPONSE's `errorReason`. */
export function x402Reason(code: PayCode, scheme: 'batch-settlement' | 'exact'): string {
  return REASONS[code][scheme === 'exact' ? 1 : 0];
}
