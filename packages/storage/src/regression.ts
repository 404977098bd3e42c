/** The reasons a bar may fall, each with evidence that anybody can check. Slowness is not among them. */
import { equal, hex } from '@assay/core';
import { type Challenge, type ChallengeAnswer, failedShards, isAnswerOf } from './challenge.ts';
import { ReceiptError } from './errors.ts';
import { covers, type Hello, type Tombstone, verifyHello, verifyTombstone } from './node-facts.ts';
import type { VerifiedReceipt } from './receipt.ts';

/** Evidence that some receipts no longer stand. */
export type Evidence =
  /** The node came back with a log that does not cover what it had signed. */
  | { readonly cause: 'lost-ack'; readonly hello: Hello }
  /** The node's signed answer does not show leaves it had signed for. */
  | { readonly cause: 'failed-challenge'; readonly challenge: Challenge; readonly answer: ChallengeAnswer }
  /** The node itself says that a shard is gone. */
  | { readonly cause: 'tombstone'; readonly tombstone: Tombstone }
  /** The lease ran out: the node may delete from this epoch on. */
  | { readonly cause: 'epoch-moved'; readonly epoch: number };

export type Cause = Evidence['cause'];

declare const checked: unique symbol;
/** A receipt that evidence has struck down; only `revoke` makes one. */
export interface Revocation {
  readonly receipt: VerifiedReceipt;
  readonly evidence: Evidence;
  readonly [checked]: true;
}

/**
 * Strikes down a receipt.
 * @throws ReceiptError `evidence` when the evidence does not verify or does not speak of this receipt
 */
export function revoke(receipt: VerifiedReceipt, evidence: Evidence): Revocation {
  if (!strikes(receipt, evidence)) {
    throw new ReceiptError('evidence', {
      what: `"${evidence.cause}" does not void the receipt of node ed25519:${hex(receipt.nodeId)}`,
      where: `shard ${receipt.shard.index} of pack ${hex(receipt.shard.packId)}`,
    });
  }
  return { receipt, evidence } as Revocation;
}

function strikes(receipt: VerifiedReceipt, evidence: Evidence): boolean {
  const { shard, nodeId } = receipt;
  const sameShard = (packId: Uint8Array, index: number): boolean =>
    equal(packId, shard.packId) && index === shard.index;
  switch (evidence.cause) {
    case 'lost-ack': {
      const { hello } = evidence;
      return equal(hello.nodeId, nodeId) && verifyHello(hello, hello.nonce) && !covers(hello, receipt);
    }
    case 'failed-challenge': {
      const { challenge, answer } = evidence;
      if (!equal(challenge.nodeId, nodeId) || !isAnswerOf(challenge, answer)) return false;
      const failed = failedShards(challenge, answer);
      // Root and length are the asker's words in the challenge; only those that the node signed for count.
      return failed.some(({ packId, index, root, length }) => {
        return sameShard(packId, index) && equal(root, shard.root) && length === shard.length;
      });
    }
    case 'tombstone': {
      const { tombstone } = evidence;
      const speaks = equal(tombstone.nodeId, nodeId) && sameShard(tombstone.packId, tombstone.index);
      return speaks && verifyTombstone(tombstone);
    }
    case 'epoch-moved':
      return evidence.epoch >= receipt.leaseEnd;
  }
}
