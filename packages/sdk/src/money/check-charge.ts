/** Holds the money of a receipt against what was ordered, before the answer is given. */
import { addressOfPaymentKey, type Secp256k1 } from '@assay/pay';
import { moneyFlawOf, paymentSignerOf } from '@assay/verify';
import { type CheckedAnswer, mismatch } from '../check-answer.ts';
import { SdkError } from '../errors.ts';
import type { Prepared } from './purse.ts';

/**
 * The receipt names our order, charges what its usage costs by the price book we ordered by, no more than we ordered it
 * for, and bears the node's payment signature.
 *
 * @throws SdkError `mismatch`; `over-claim` for more than was ordered, by the node's own payment signature
 */
export function checkCharge(
  checked: CheckedAnswer,
  { order, max, price }: Prepared,
  { paymentKey, curve }: { readonly paymentKey: string; readonly curve: Secp256k1 },
): void {
  const { receipt, node } = checked;
  if (receipt.order !== order) throw mismatch('the receipt names another order than ours');
  const { book } = price;
  if (BigInt(receipt.amount ?? 0) > max) {
    const what = `the receipt charges ${receipt.amount}, ordered were ${max}`;
    const isSigned = paymentSignerOf(receipt, { node, book, curve }) === addressOfPaymentKey(paymentKey);
    throw isSigned ? overClaim(what) : mismatch(what);
  }
  const flaw = moneyFlawOf(receipt, { node, paymentKey, book, curve });
  if (flaw !== undefined) throw mismatch(`the receipt's charge does not hold: ${flaw}`);
}

const overClaim = (what: string): SdkError =>
  new SdkError('over-claim', {
    what: `${what}, and its node signed for that`,
    fix: 'Do not use the answer; its receipt proves the over-claim, and is kept.',
  });
