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
