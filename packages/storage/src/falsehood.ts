/** A storage receipt and what proves it false, in one transferable piece (specs/storage-format.md, "False receipts"). */
import { equal, sha256 } from '@assay/core';
import { decodeCbor, encodeCbor } from './cbor.ts';
import type { ChallengeAnswer } from './challenge.ts';
import type { Committee } from './committee.ts';
import { ReceiptError } from './errors.ts';
import { type Hello, verifyHello } from './node-facts.ts';
import {
  shardReceiptFromCbor,
  shardReceiptToCbor,
  type ShardReceipt,
  type VerifiedReceipt,
  verifyShardReceipt,
} from './receipt.ts';
import { type Revocation, revoke } from './regression.ts';
import { Shape } from './shape.ts';
import {
  decodeAnswer,
  decodeChallenge,
  decodeHello,
  encodeAnswer,
  encodeChallenge,
  encodeHello,
} from './wire.ts';

/** Most bytes a proof of falsehood may have: one leaf that is not the one signed for, and its proof. */
export const MAX_FALSEHOOD_BYTES = 1 << 20;

/** A receipt and what strikes it, with the node's word on its own history. */
export interface Falsehood {
  readonly revocation: Revocation;
  /**
   * The node's boot history, signed after its answer (`greetingNonce`), or, where no answer but the history itself is the evidence,
   * after the receipt (`receiptNonce`). Without it the accuser alone knows what came first.
   */
  readonly hello?: Hello;
}

/** The nonce of a greeting that is known to be younger than an answer. */
export const greetingNonce = ({ signature }: ChallengeAnswer): Uint8Array => sha256(signature);

/** The nonce of a greeting that is known to be younger than a receipt. */
export const receiptNonce = ({ signature }: Pick<ShardReceipt, 'signature'>): Uint8Array => sha256(signature);

/** @throws ReceiptError `evidence` for a revocation that proves no falsehood */
export function encodeFalsehood({ revocation: { receipt, evidence }, hello }: Falsehood): Uint8Array {
  const signed = shardReceiptToCbor(receipt);
  if (evidence.cause === 'lost-ack' && hello !== undefined)
    return encodeCbor([evidence.cause, signed, encodeHello(hello)]);
  if (evidence.cause === 'failed-challenge' && hello !== undefined) {
    const { challenge, answer } = evidence;
    return encodeCbor([
      evidence.cause,
      signed,
      encodeChallenge(challenge),
      encodeAnswer(answer),
      encodeHello(hello),
    ]);
  }
  throw new ReceiptError('evidence', { what: `"${evidence.cause}" proves no receipt false` });
}

/**
 * Checks that a node of the committee signed for a shard, under a lease that still runs, and later signed what shows that it
 * does not have it.
 * @throws ReceiptError, FormatError, NodeError
 */
export function verifyFalsehood(bytes: Uint8Array, committee: Committee): Revocation {
  if (bytes.length > MAX_FALSEHOOD_BYTES)
    throw shape.bad(`${bytes.length} bytes are more than any proof has`);
  const [cause, receipt, first, second, third] = shape.array(decodeCbor(bytes));
  const signed = verifyShardReceipt(shardReceiptFromCbor(receipt ?? null), committee);
  if (signed.leaseEnd <= committee.epoch)
    throw new ReceiptError('evidence', { what: `the lease ended with epoch ${signed.leaseEnd}` });
  if (cause === 'lost-ack') {
    const hello = decodeHello(shape.bytes(first));
    // An older history does not have what was signed since, and says nothing about it.
    if (!equal(hello.nonce, receiptNonce(signed))) throw unordered('told its history');
    return revoke(signed, { cause, hello });
  }
  if (cause !== 'failed-challenge') throw shape.bad('the cause is unknown');
  const answer = decodeAnswer(shape.bytes(second));
  assertLater(answer, signed, decodeHello(shape.bytes(third)));
  return revoke(signed, { cause, challenge: decodeChallenge(shape.bytes(first)), answer });
}

/** An answer from before the receipt says nothing about it: the node had not been given the shard. */
function assertLater(answer: ChallengeAnswer, receipt: VerifiedReceipt, hello: Hello): void {
  const own = equal(hello.nodeId, receipt.nodeId) && verifyHello(hello, greetingNonce(answer));
  const answered = hello.boots.findIndex(({ bootId }) => equal(bootId, answer.bootId));
  const signed = hello.boots.findIndex(({ bootId }) => equal(bootId, receipt.bootId));
  const sameBoot = answered === signed && answer.nextSeq > receipt.logSeq;
  if (own && signed >= 0 && (answered > signed || sameBoot)) return;
  throw unordered('answered');
}

const unordered = (what: string): ReceiptError =>
  new ReceiptError('evidence', { what: `nothing shows that the node ${what} after it had signed` });

const shape = new Shape('receipt', 'a proof that a receipt is false');
