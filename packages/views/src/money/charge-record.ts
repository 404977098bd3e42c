/** A charge that counts, with what its receipt says: everything that batches, refunds and people ask of it. */
import type { Predicate } from '@assay/core';

/** A receipt as money sees it. */
export interface PaidOutput {
  /** Record id of the receipt. */
  readonly id: string;
  readonly index: number;
  /** RFC 6962 leaf hash of its entry. */
  readonly entryLeaf: Uint8Array;
  /** The node's statement key. */
  readonly node: string;
  readonly receipt: Predicate<'output.receipt'>;
}

/** A charge that breaks no rule. */
export interface ChargeRecord {
  /** Record id of the `charge`. */
  readonly id: string;
  readonly index: number;
  /** The gateway's statement key. */
  readonly gateway: string;
  readonly output: PaidOutput;
  /** Address of the node's payment key, where its share goes. */
  readonly nodeAddress: string;
  /** The vault that the price book names. */
  readonly vault: string;
  /** Address of who settles it: whose claims the price book names. */
  readonly settler: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly charge: Predicate<'charge'>;
}

/** A release that counts. */
export interface ReleaseRecord {
  readonly id: string;
  readonly index: number;
  readonly gateway: string;
  readonly release: Predicate<'release'>;
}

/** A posted batch, a class refund, or one that was stopped, as its settler logged it. */
export interface SettledRecord<K extends 'batch' | 'refund' | 'refund.veto'> {
  readonly id: string;
  readonly index: number;
  /** Its statement key. */
  readonly settler: string;
  /** Address of its payment key; empty for who had none. */
  readonly address: string;
  readonly predicate: Predicate<K>;
}
