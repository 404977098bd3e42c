/** A hold: the money side of one request, from its reservation to one of three ends. */
import type { ChannelConfig, SignedOrder } from '@assay/core/money';

/**
 * `reserved`: nobody was asked yet · `executing`: a node may be making the output · `delivered`: the output exists and
 * its price is known · `captured`: its receipt is witnessed and the charge signed · `released`: nothing is charged ·
 * `refunded`: what was captured was given back.
 */
export type HoldState = 'reserved' | 'executing' | 'delivered' | 'captured' | 'released' | 'refunded';

/** Why a hold ended without a charge; the reasons of the statement `release`. */
export type ReleaseReason = 'no-output' | 'not-chargeable' | 'expired';

/** What is reserved, as it stands in the journal. Amounts are decimal strings of atomic units. */
export interface HoldTerms {
  /** `<payer> <requestId>`: unique, whatever it is used for. */
  readonly id: string;
  readonly payer: string;
  readonly requestId: string;
  /** What the request asks; the same id with another hash is a conflict. */
  readonly requestHash: string;
  readonly network: string;
  /** Record id of the `price.publish` that was offered, and its fee. */
  readonly priceBook: string;
  readonly feeBps: number;
  /** The most it may cost. */
  readonly max: string;
  /** Unix seconds; from then on nothing is charged. */
  readonly deadline: number;
  readonly order?: SignedOrder & { readonly hash: string };
  readonly batch?: BatchTerms;
  readonly exact?: ExactTerms;
}

/** The payment channel that pays, and the voucher that came with the request. */
export interface BatchTerms {
  readonly paymentChannel: string;
  readonly config: ChannelConfig;
  readonly ceiling: string;
  readonly signature: string;
}

/** The EIP-3009 transfer that pays; kept whole, so that it can be sent again after a crash. */
export interface ExactTerms {
  readonly nonce: string;
  readonly value: string;
  readonly validAfter: string;
  readonly validBefore: string;
  readonly signature: string;
}

/** A hold as the ledger sees it. */
export interface Hold extends HoldTerms {
  readonly state: HoldState;
  /** From `delivered` on: record id of the receipt, and what it costs. */
  readonly receipt?: string;
  readonly amount?: string;
  /** Of `exact`, once it was sent: the transaction that moves `value` into the vault. */
  readonly tx?: string;
  /** From `captured` on. */
  readonly fee?: string;
  /** Of `batch`, from `captured` on: all that was captured on the channel, this included. */
  readonly cumulative?: string;
  readonly reason?: ReleaseReason;
  /** Of `refunded`: what was given back. */
  readonly refunded?: string;
}

/** The id under which a payer's request is known. */
export const holdId = (payer: string, requestId: string): string => `${payer.toLowerCase()} ${requestId}`;

/** Whether the hold still ties money up. */
export const isOpen = ({ state }: Hold): boolean =>
  state === 'reserved' || state === 'executing' || state === 'delivered';

/** What an open hold ties up: its price once that is known, until then the most it may be. */
export const heldBy = (hold: Hold): bigint => (isOpen(hold) ? BigInt(hold.amount ?? hold.max) : 0n);

/**
 * Whether the payer may use the request id again: nobody made an output and no money moved, so nothing happened under it.
 */
export const mayBeginAgain = ({ reason, receipt, tx }: Hold): boolean =>
  reason === 'no-output' && receipt === undefined && tx === undefined;
