/** Whether what a receipt says of money follows from its price book, and is its node's word (PROTOCOL 5.6). */
import type { Predicate } from '@assay/core';
import {
  type Address,
  addressOfPaymentKey,
  assayDomain,
  chainIdOf,
  MoneyError,
  nobleSecp256k1,
  priceOf,
  receiptPaymentDigest,
  recoverSigner,
  type Secp256k1,
} from '@assay/core/money';

/** What a receipt's money is judged by. */
export interface MoneyTrust {
  /** Key id of the node that signed the receipt. */
  readonly node: string;
  /** The node's payment key, as its join names it. */
  readonly paymentKey: string;
  /** The price book by which the answer was ordered. */
  readonly book: Predicate<'price.publish'>;
  readonly curve?: Secp256k1;
}

/** What is wrong with a receipt's amount or payment signature, or undefined. Who was to be charged is not judged here. */
export function moneyFlawOf(receipt: Predicate<'output.receipt'>, trust: MoneyTrust): string | undefined {
  const { amount, paymentSignature, usage, model } = receipt;
  const { book, node, paymentKey, curve = nobleSecp256k1 } = trust;
  if (amount === undefined || paymentSignature === undefined) return 'it names no amount';
  if (book.model !== model) return `its price book is for ${book.model}`;
  const due = priceOf(book, usage);
  if (BigInt(amount) !== due) return `its amount is ${amount}, and its usage costs ${due}`;
  const signer = paymentSignerOf(receipt, { node, book, curve });
  return signer === addressOfPaymentKey(paymentKey)
    ? undefined
    : `its payment signature is by ${signer ?? 'nobody'}, not by its node's payment key`;
}

/** Who signed a receipt's amount and order for the book's vault; undefined where nobody did. */
export function paymentSignerOf(
  receipt: Predicate<'output.receipt'>,
  { node, book, curve = nobleSecp256k1 }: Omit<MoneyTrust, 'paymentKey'>,
): Address | undefined {
  const { amount, paymentSignature } = receipt;
  if (amount === undefined || paymentSignature === undefined) return undefined;
  const domain = assayDomain(chainIdOf(book.network), book.vault as Address);
  try {
    return recoverSigner(receiptPaymentDigest(domain, node, receipt), `0x${paymentSignature}`, curve);
  } catch (error) {
    if (error instanceof MoneyError) return undefined;
    throw error;
  }
}
