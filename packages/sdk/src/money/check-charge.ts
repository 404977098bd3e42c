/** Holds the money of a receipt against what was ordered, before the answer is given. */
import type { Secp256k1 } from '@assay/pay';
import { moneyFlawOf } from '@assay/verify';
import { type CheckedAnswer, mismatch } from '../check-answer.ts';
import type { Prepared } from './purse.ts';

/**
 * The receipt names our order, charges what its usage costs by the price book we ordered by, no more than we ordered it
 * for, and bears the node's payment signature.
 *
 * @throws SdkError `mismatch`
 */
export function checkCharge(
  checked: CheckedAnswer,
  { order, max, price }: Prepared,
  { paymentKey, curve }: { readonly paymentKey: string; readonly curve: Secp256k1 },
): void {
  const { receipt, node } = checked;
  if (receipt.order !== order) throw mismatch('the receipt names another order than ours');
  if (BigInt(receipt.amount ?? 0) > max)
    throw mismatch(`the receipt charges ${receipt.amount}, ordered were ${max}`);
  const flaw = moneyFlawOf(receipt, { node, paymentKey, book: price.book, curve });
  if (flaw !== undefined) throw mismatch(`the receipt's charge does not hold: ${flaw}`);
}
