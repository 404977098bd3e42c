/** What happens to holds, as the journal keeps it: plain JSON, replayed in order. */
import type { ChannelConfig } from '@assay/core/money';
import type { Hold, HoldTerms, ReleaseReason } from './hold.ts';

/** A payment channel's standing, as a snapshot keeps it. */
export interface ChannelRecord {
  readonly paymentChannel: string;
  readonly config: ChannelConfig;
  readonly captured: string;
  /** The highest voucher seen. */
  readonly ceiling: string;
  readonly signature: string;
}

/** One thing that became true. */
export type LedgerEvent =
  /** A writer took over; events of earlier epochs behind this count for nothing. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'reserved'; readonly terms: HoldTerms }
  | { readonly kind: 'executing'; readonly id: string }
  | { readonly kind: 'delivered'; readonly id: string; readonly receipt: string; readonly amount: string }
  | { readonly kind: 'paid'; readonly id: string; readonly tx: string }
  | { readonly kind: 'captured'; readonly id: string; readonly fee: string; readonly cumulative?: string }
  | { readonly kind: 'released'; readonly id: string; readonly reason: ReleaseReason }
  /** The output came after its hold had ended: it is kept and given, and costs nothing. */
  | { readonly kind: 'late'; readonly id: string; readonly receipt: string }
  | { readonly kind: 'refunded'; readonly id: string; readonly amount: string }
  /** All that matters of everything before; replay begins anew here. */
  | {
      readonly kind: 'snapshot';
      readonly channels: readonly ChannelRecord[];
      readonly holds: readonly Hold[];
    };

/** An event with the epoch of its writer: the form in the journal. */
export type JournalledEvent = LedgerEvent & { readonly epoch: number };
