/** An explained payment in one paragraph. */
import type { Predicate } from '@assay/core';
import { decimalText } from './amounts.ts';
import type { LeafChecked, Placed } from './explain-leaf.ts';
import type { BookedPayment } from './payment.ts';

/** What was proven to stand in the log, and how far the chain bears it. */
export interface Links {
  readonly receipt: Placed<Predicate<'output.receipt'>> | undefined;
  readonly charge: Placed<Predicate<'charge'>> | undefined;
  readonly batch: Placed<Predicate<'batch'>> | undefined;
  readonly refund: Placed<Predicate<'refund'>> | undefined;
  /** Absent until a batch settles the charge. */
  readonly leaf: LeafChecked | undefined;
}

// The development token and the usual dollar tokens have six decimals; the log states atomic units only.
/** An amount of atomic units for people. */
export const money = (amount: string): string => `${decimalText(BigInt(amount), 6)} (${amount} atomic units)`;

/** One paragraph for people, in the order in which things happened. */
export function paragraph(payment: BookedPayment, { receipt, charge, batch, refund, leaf }: Links): string {
  const { status, reserved, charged, released, split, alsoOrdered = [], alsoCharged = [] } = payment;
  const parts = [
    `Request ${payment.request} was answered by version ${payment.version.slice(0, 19)}… of ${payment.model.slice(payment.model.indexOf('/') + 1)}.`,
    receipt === undefined
      ? `Its receipt ${payment.receipt.slice(0, 12)} is not witnessed yet.`
      : `Its receipt ${payment.receipt.slice(0, 12)} is entry ${receipt.index} of the log, and names our order and ${money(charged)}.`,
    `We had ordered it for at most ${money(reserved)}; ${money(released)} was let go.`,
  ];
  if (status === 'held')
    parts.push('The amount is held until the receipt is witnessed, and not charged before.');
  if (status === 'released') parts.push('Nothing was charged: the gateway released it.');
  if (charge !== undefined)
    parts.push(
      `It was charged in entry ${charge.index}: ${money(split.node)} to the node and ${money(split.gateway)} to the gateway.`,
    );
  if (batch !== undefined) parts.push(`${settledBy(batch.predicate)} ${provenBy(leaf)}`.trim());
  if (refund !== undefined) parts.push(`Incident ${refund.predicate.incident.slice(0, 12)} gave it back.`);
  for (const { gateway: at, reserved: most } of alsoCharged.length === 0 ? alsoOrdered : [])
    parts.push(
      `It had been ordered at ${at} before, for at most ${money(most)}, and no answer came; no charge for that is found.`,
    );
  for (const { gateway: by, entry, amount } of alsoCharged)
    parts.push(
      `It had been ordered elsewhere before, and was charged there as well: ${money(amount)} by ${by.slice(0, 20)} in entry ${entry}.`,
    );
  for (const what of leaf?.unverified ?? []) parts.push(`Not verified: ${what}.`);
  return parts.join(' ');
}

const settledBy = ({ number, tx }: Predicate<'batch'>): string =>
  `Batch ${number} settled it on the chain, transaction ${tx.slice(0, 12)}…`;

function provenBy(leaf: LeafChecked | undefined): string {
  if (leaf?.leaf === undefined) return '';
  const root = leaf.leaf === 'chain' ? 'the root that the vault holds' : 'the root that the log states';
  return `Its leaf, made again here, is under ${root}.`;
}
