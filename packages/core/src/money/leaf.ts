/** Leaves of the trees that are posted: a charge, a payment channel's standing, a payer's share of a class refund. */
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

/** One payment channel's captured total as of a batch (PROTOCOL 7.4). */
export interface ChannelLeaf {
  readonly batch: bigint;
  readonly paymentChannel: string;
  readonly cumulative: bigint;
}

/** The leaf of a batch's second tree: keccak(keccak(abi.encode(batch, channel, cumulative))). */
export function channelLeafHash({ batch, paymentChannel, cumulative }: ChannelLeaf): Uint8Array {
  return twice(uintWord(batch), bytesWord(paymentChannel), uintWord(cumulative, 128));
}

/** A set of log indexes, 256 to a word: `word` is the index divided by 256, `bits` has the bit of its remainder. */
export interface IndexBits {
  readonly word: bigint;
  readonly bits: bigint;
}

/** The words of a set of log indexes, ascending. */
export function indexBits(indexes: Iterable<number>): readonly IndexBits[] {
  const words = new Map<bigint, bigint>();
  for (const index of indexes) {
    const at = BigInt(index);
    words.set(at >> 8n, (words.get(at >> 8n) ?? 0n) | (1n << (at & 255n)));
  }
  return Array.from(words, ([word, bits]) => ({ word, bits })).toSorted((a, b) => (a.word < b.word ? -1 : 1));
}

/** One payer's share of a class refund: its whole amount, and the receipts it is for. */
export interface RefundLeaf {
  /** Record id of the incident. */
  readonly incident: string;
  readonly payer: string;
  readonly amount: bigint;
  /** Log indexes of the receipts whose charges are given back. */
  readonly receipts: Iterable<number>;
}

/** keccak(keccak(abi.encode(incident, payer, amount, keccak(abi.encode(IndexBits[]))))). */
export function refundLeafHash({ incident, payer, amount, receipts }: RefundLeaf): Uint8Array {
  const words = indexBits(receipts);
  const list = words.flatMap(({ word, bits }) => [uintWord(word), uintWord(bits)]);
  // abi.encode of one dynamic array: its offset, its length, its elements.
  const bits = keccak_256(concat(uintWord(32n), uintWord(BigInt(words.length)), ...list));
  return twice(bytesWord(incident), addressWord(payer), uintWord(amount, 128), bits);
}

const twice = (...words: readonly Uint8Array[]): Uint8Array => keccak_256(keccak_256(concat(...words)));
