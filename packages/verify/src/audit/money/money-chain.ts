/** The port by which an audit reads a chain; what is read there is the chain's word, not the log's. */

/** A batch as the vault holds it. */
export interface ChainBatch {
  /** `0x` and 64 digits. */
  readonly root: string;
  readonly channelsRoot: string;
  readonly total: bigint;
  readonly count: number;
}

/** A class refund as the vault holds it. */
export interface ChainRefund {
  readonly state: 'none' | 'proposed' | 'executed';
  readonly root: string;
  readonly total: bigint;
  /** What the waterfall brought together of it, and what payers were paid from that. */
  readonly funded: bigint;
  readonly paid: bigint;
}

/** A class refund that was executed. */
export interface ExecutedRefund {
  /** As the vault knows it: `refundId` of an incident and a round. */
  readonly refund: string;
  /** Unix seconds. */
  readonly at: number;
}

/**
 * Reads of one network. Addresses are lower case. Each rejects when the chain cannot be asked.
 *
 * A living chain runs ahead of a log that was read before it. So claims are read as of a block from before the log was
 * read: what was claimed by then was captured by charges that the log has.
 */
export interface MoneyChain {
  /** CAIP-2. */
  readonly network: string;
  /** Batches that a vault holds; their numbers are 1 to this. */
  batchCount(vault: string): Promise<number>;
  /** The log size up to which they reach. */
  coveredTo(vault: string): Promise<number>;
  batch(vault: string, number: number): Promise<ChainBatch>;
  /** What a batch credits to an account. */
  credit(vault: string, number: number, account: string): Promise<bigint>;
  /** Who posts to a vault. */
  settler(vault: string): Promise<string>;
  /** Who gets a vault's fees. */
  treasury(vault: string): Promise<string>;
  /** A class refund by its name on the chain. */
  refund(vault: string, name: string): Promise<ChainRefund>;
  /** Every class refund that a vault executed. */
  executedRefunds(vault: string): Promise<readonly ExecutedRefund[]>;
  /** Transactions by which the vetoer stopped a refund of this name. */
  vetoes(vault: string, name: string): Promise<readonly string[]>;
  /** Whether the charge of the receipt at a log index was given back. */
  isRefunded(vault: string, receipt: number): Promise<boolean>;
  /** What had been claimed from a payment channel before the log was read. */
  claimed(paymentChannel: string): Promise<bigint>;
}
