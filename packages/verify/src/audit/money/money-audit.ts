/** What an audit of money is asked with. */
import type { MoneyChain } from './money-chain.ts';

/** What an audit of money needs besides the log. */
export interface MoneyAudit {
  /** Chains to compare with, by network. What settles on another is `chain-unread`. */
  readonly chains: readonly MoneyChain[];
  /** Unix seconds of judgement. */
  readonly judgedAt: number;
  /** Seconds that a gateway may take to end a witnessed output; two settlement periods unless told otherwise. */
  readonly graceSeconds?: number;
}

/** Two settlement periods of an hour (PROTOCOL 7.5). */
export const DEFAULT_GRACE_SECONDS = 7_200;
