/** PROTOCOL 5.6: the node's payment key stands for the receipt's amount and order. */
import {
  type Address,
  addressOfPaymentKey,
  assayDomain,
  chainIdOf,
  type Domain,
  receiptPaymentDigest,
} from '@assay/core/money';
import type { Registry } from '../registry/index.ts';
import type { ChargeCase } from './judge-charge.ts';
import type { Judged } from './flaw.ts';
import { signerOf } from './signer-of.ts';

/** The domain that everything of ours about this price is signed in. */
export const domainOf = ({ price }: Pick<ChargeCase, 'price'>): Domain =>
  assayDomain(chainIdOf(price.book.network), price.book.vault as Address);

/** The address of the payment key that a participant joined with. */
export function addressOf({ participants }: Registry, keyId: string): string | undefined {
  const participant = participants.get(keyId);
  return participant === undefined ? undefined : addressOfPaymentKey(participant.paymentKey);
}

/** @returns `payment-signature` when another key, or none, signed */
export function judgePaymentSignature(found: ChargeCase): Judged {
  const { receipt, node } = found.output;
  if (receipt.paymentSignature === undefined) {
    return { flaw: 'payment-signature', what: 'the node did not sign for an amount' };
  }
  const digest = receiptPaymentDigest(domainOf(found), node, receipt);
  const signer = signerOf(digest, `0x${receipt.paymentSignature}`, found.curve);
  if (signer !== undefined && signer === addressOf(found.registry, node)) return undefined;
  return {
    flaw: 'payment-signature',
    what: `signed by ${signer ?? 'no key'} and not by the node's payment key`,
  };
}
