/** Why a charge counts for nothing. One code for each rule; the first that fails is told. */

/** In the order in which they are checked. */
export const CHARGE_FLAWS = [
  'no-output', // no receipt of that id counts before it
  'not-witnessed', // no logged witnessed checkpoint covers the receipt before the charge (PROTOCOL 4.3)
  'double-charge', // the receipt, or the payer's request, was charged or released by this gateway before
  'not-delivered', // its gateway gave another receipt for this request, or said of none that it gave it (PROTOCOL 5.4)
  'price', // no price book of this gateway for this model and network, or another fee than it says
  'amount', // not the receipt's amount, not its price, or above the order's most
  'times', // the receipt's own times lie outside its bracket, or that is too wide (PROTOCOL 3.3)
  'payment-signature', // the node's payment key did not sign the receipt's amount and order (PROTOCOL 5.6)
  'payer', // without an order: the receipt names another client than who is charged
  'order', // the order is not the receipt's, not this request's, or not signed by who may spend
  'order-expired', // the receipt was recorded after the order's deadline
  'version', // the version has no weight in the decision ordered, nor in a superseding one (PROTOCOL 7.1)
  'voucher', // the payment channel's terms, its payer or the voucher's signature do not hold, or it is another gateway's
  'beyond-voucher', // more is captured than the voucher allows
  'cumulative', // not what was captured before plus this
  'exact-value', // the exact payment is less than the amount, or was charged before
] as const;

/** Code of a flaw. */
export type ChargeFlaw = (typeof CHARGE_FLAWS)[number];

/** A charge that is ignored, and why. */
export interface FlawedCharge {
  readonly id: string;
  readonly index: number;
  readonly gateway: string;
  readonly receipt: string;
  readonly flaw: ChargeFlaw;
  /** For people. */
  readonly what: string;
}

/** What a rule answers: a flaw with its words, or undefined when it holds. */
export type Judged = { readonly flaw: ChargeFlaw; readonly what: string } | undefined;
