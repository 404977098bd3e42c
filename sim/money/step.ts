/** What may happen to a ledger, as data: generated from a seed, applied to the ledger and to the model alike. */

/** One step. Amounts are in atomic units, times in seconds. */
export type Step =
  | { readonly kind: 'reserve' | 'begin'; readonly ask: Ask }
  | { readonly kind: 'execute' | 'abandon' | 'capture'; readonly id: string }
  | { readonly kind: 'deliver'; readonly id: string; readonly amount: bigint }
  | { readonly kind: 'release'; readonly id: string; readonly reason: 'no-output' | 'not-chargeable' }
  | { readonly kind: 'paid'; readonly id: string }
  | { readonly kind: 'refund'; readonly id: string; readonly amount: bigint }
  | { readonly kind: 'expire' | 'compact' | 'restart' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'fund'; readonly channel: number; readonly change: bigint };

/** A request as it asks for a hold. */
export interface Ask {
  readonly id: string;
  readonly payer: string;
  readonly requestId: string;
  readonly hash: string;
  readonly max: bigint;
  readonly deadline: number;
  /** A payment channel and its voucher, or an `exact` authorization. */
  readonly pays: { readonly channel: number; readonly ceiling: bigint } | { readonly nonce: string };
  readonly ordered: boolean;
}

/** How many payment channels there are; each payer has two. */
export const CHANNELS = 24;
/** What may be held at most without a witness. */
export const MAX_EXPOSURE = 40_000n;
/** The gateway's share, in hundredths of a percent. */
export const FEE_BPS = 437;

export const payerOf = (channel: number): string =>
  `0x${(0x1000 + (channel >> 1)).toString(16).padStart(40, '0')}`;
export const channelId = (channel: number): string => `0x${(channel + 1).toString(16).padStart(64, '0')}`;
