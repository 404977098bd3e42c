/** The leaf that stands for one charge in a batch, and for one payer's share in a class refund. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat } from '../bytes.ts';
import { addressWord, bytesWord, uintWord } from './eip712.ts';

/** What a charge's leaf commits to. Digests are `0x…`. */
export interface ChargeLeaf {
  /** The batch's number: two batches with equal charges have different leaves. */
  readonly batch: bigint;
  /** Record id of the receipt. */
  readonly receiptId: string;
  /** RFC 6962 leaf hash of the receipt's entry: what a challenge opens against the anchor. */
  readonly entryLeaf: string;
  /** Log index of the receipt. */
  readonly logIndex: bigint;
  readonly payer: string;
  /** The address of the node's payment key. */
  readonly node: string;
  readonly version: string;
  readonly priceBook: string;
  readonly amount: bigint;
  readonly fee: bigint;
}

/** keccak(keccak(abi.encode(…))): hashed twice, so that no inner node can pass for a leaf (OpenZeppelin). */
export function chargeLeafHash(leaf: ChargeLeaf): Uint8Array {
  return twice(
    uintWord(leaf.batch),
    bytesWord(leaf.receiptId),
    bytesWord(leaf.entryLeaf),
    uintWord(leaf.logIndex, 64),
    addressWord(leaf.payer),
    addressWord(leaf.node),
    bytesWord(leaf.version),
    bytesWord(leaf.priceBook),
    uintWord(leaf.amount),
    uintWord(leaf.fee),
  );
}

const twice = (...words: readonly Uint8Array[]): Uint8Array => keccak_256(keccak_256(concat(...words)));
