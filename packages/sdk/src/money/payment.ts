/** What an answer cost, for whoever asks; the ordinary path never looks here. */

/** `free`: no price · `held`: owed, not yet captured · `captured` · `released`: nothing was charged · `refunded`. */
export type PaymentStatus = 'free' | 'held' | 'captured' | 'released' | 'refunded';

/** The payment of one answer. Amounts are atomic units of `asset`, as decimal text. */
export interface Payment {
  readonly status: PaymentStatus;
  /** The most that the offer asked for. */
  readonly quoted: string;
  /** The most that we ordered it for. */
  readonly reserved: string;
  readonly charged: string;
  /** What was reserved and not charged; ours again. */
  readonly released: string;
  /** How the charge is shared between the node and its gateway. */
  readonly split: { readonly node: string; readonly gateway: string };
  /** Hash of our order, as the receipt carries it. */
  readonly order?: string;
  /** The voucher that came with it: cumulative, on this payment channel. */
  readonly voucher?: { readonly paymentChannel: string; readonly ceiling: string };
  /** Number of the batch that it was settled in. */
  readonly batch?: string;
  /** Transaction on the chain: of a batch, or of an `exact` payment. */
  readonly tx?: string;
  /** Unix seconds until which an upheld incident can still give it back from held money. */
  readonly refundableUntil?: number;
  readonly network?: string;
  readonly asset?: string;
  readonly payer?: string;
  readonly priceBook?: string;
  /** Where the same request had been ordered before, and no answer came: whoever made one may charge it as well. */
  readonly alsoOrdered?: readonly AlsoOrdered[];
  /** Charges of other gateways for the same request, once they were found in the log: `payments.explain` looks. */
  readonly alsoCharged?: readonly AlsoCharged[];
}

/** An order whose answer was lost. */
export interface AlsoOrdered {
  /** URL of the gateway. */
  readonly gateway: string;
  /** Hash of the order. */
  readonly order: string;
  /** The most that it was ordered for. */
  readonly reserved: string;
}

/** Another gateway's charge for a request. Its order is signed by whoever ordered the payment's own answer. */
export interface AlsoCharged {
  /** Key id of the gateway. */
  readonly gateway: string;
  /** Log index of the charge, and record id of its receipt. */
  readonly entry: number;
  readonly receipt: string;
  readonly amount: string;
}

/** A payment as the client's own books have it. */
export interface BookedPayment extends Payment {
  /** Record id of the receipt. */
  readonly receipt: string;
  readonly request: string;
  readonly model: string;
  readonly version: string;
  readonly gateway: string;
  /** Unix milliseconds of the client's clock. */
  readonly at: number;
}

/** What a free answer cost. */
export const FREE: Payment = {
  status: 'free',
  quoted: '0',
  reserved: '0',
  charged: '0',
  released: '0',
  split: { node: '0', gateway: '0' },
};
