/** Challenges: leaves drawn from a seed over everything a node gave receipts for, and the check of its answer. */
import { concat, ed25519Verify, sha256, type Signer, utf8 } from '@assay/core';
import { le } from './bytes.ts';
import { type Cbor, decodeCbor, encodeCbor } from './cbor.ts';
import { LEAF_BYTES, leafCount, verifyLeaves } from './merkle.ts';
import type { ShardRef } from './receipt.ts';
import { Shape } from './shape.ts';

/** Leaves a node must show. 44 find a loss of a tenth with 99 %, 459 a loss of a hundredth. */
export interface Challenge {
  readonly networkId: Uint8Array;
  readonly nodeId: Uint8Array;
  /** Drawn after the receipts: `challengeSeed`. */
  readonly seed: Uint8Array;
  readonly leaves: readonly { readonly shard: ShardRef; readonly leaf: number }[];
}

/** The node's signed answer. */
export interface ChallengeAnswer {
  /** CBOR array with, per leaf, `[bytes, proof hashes]`, or null where the node has nothing to show. */
  readonly body: Uint8Array;
  /** The node's boot and the sequence of its next record when it answered: whether that was after a receipt. */
  readonly bootId: Uint8Array;
  readonly nextSeq: number;
  readonly signature: Uint8Array;
}

/** `SHA-256(epoch randomness ‖ node id)`: the node cannot know it when it decides what to keep. */
export function challengeSeed(randomness: Uint8Array, nodeId: Uint8Array): Uint8Array {
  return sha256(randomness, nodeId);
}

/**
 * Draws `count` leaves, each uniform over all leaves of `held`.
 * It does not prove that the node keeps a copy of its own: a node may fetch what it is asked for from its peers.
 */
export function drawChallenge(
  target: Pick<Challenge, 'networkId' | 'nodeId' | 'seed'>,
  held: readonly ShardRef[],
  count: number,
): Challenge {
  const ends: number[] = [];
  for (const { length } of held) ends.push((ends.at(-1) ?? 0) + leafCount(length));
  const total = ends.at(-1) ?? 0;
  const draws = Array.from({ length: total === 0 ? 0 : count }, (_, i) => {
    const hash = sha256(target.seed, le(i, 4));
    // 48 bits against fewer than 2^32 leaves: the bias of the remainder is below 2^-16.
    const at = hash.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0) % total;
    const shard = ends.findIndex((end) => at < end);
    return { shard: held[shard] as ShardRef, leaf: at - (ends[shard - 1] ?? 0) };
  });
  return { ...target, leaves: draws };
}

function answerBytes(
  { networkId, nodeId, seed, leaves }: Challenge,
  { body, bootId, nextSeq }: Omit<ChallengeAnswer, 'signature'>,
): Uint8Array {
  // What was asked in full: a copy with another root or length for some shard is not what the node answered.
  const asked = leaves.map(({ shard: { packId, index, root, length }, leaf }) =>
    concat(packId, le(index, 2), root, le(length, 4), le(leaf, 4)),
  );
  const answered = [bootId, le(nextSeq, 8), sha256(...asked), sha256(body)];
  return concat(utf8('ain.answer.v1\0'), networkId, nodeId, seed, ...answered);
}

/** Signs an answer: one `{bytes, proof}` per leaf, or null. */
export function signAnswer(
  challenge: Challenge,
  shown: readonly ({ bytes: Uint8Array; proof: readonly Uint8Array[] } | null)[],
  { signer, bootId, nextSeq }: Pick<ChallengeAnswer, 'bootId' | 'nextSeq'> & { readonly signer: Signer },
): ChallengeAnswer {
  const body = encodeCbor(shown.map((leaf) => (leaf === null ? null : [leaf.bytes, leaf.proof])));
  const answer = { body, bootId, nextSeq };
  return { ...answer, signature: signer.sign(answerBytes(challenge, answer)) };
}

/** Whether the node really gave this answer; an answer it did not sign is no evidence of anything. */
export function isAnswerOf(challenge: Challenge, answer: ChallengeAnswer): boolean {
  return ed25519Verify(challenge.nodeId, answerBytes(challenge, answer), answer.signature);
}

/** The challenged shards that the answer fails to show, each once. */
export function failedShards(challenge: Challenge, answer: ChallengeAnswer): ShardRef[] {
  const shape = new Shape('cbor', 'a challenge answer');
  const shown = shape.array(decodeCbor(answer.body));
  // No node can show a leaf that its shard does not have: who asks for one learns nothing against it.
  const failed = challenge.leaves.filter(({ shard, leaf }, i) => {
    return leaf < leafCount(shard.length) && !shows(shape, shown[i], { shard, leaf });
  });
  return [...new Set(failed.map(({ shard }) => shard))];
}

function shows(shape: Shape, value: Cbor | undefined, asked: { shard: ShardRef; leaf: number }): boolean {
  if (value === undefined || value === null) return false;
  const [bytes, proof] = shape.array(value, 2);
  const range = { from: asked.leaf, to: asked.leaf + 1 };
  const hashes = shape.array(proof).map((hash) => shape.bytes(hash, 32));
  const { root, length } = asked.shard;
  return verifyLeaves(shape.bytes(bytes), { root, shardBytes: length, range, proof: hashes });
}

/** Bytes the answer to a challenge may take: a limit for whoever reads it. */
export function answerLimit(challenge: Challenge): number {
  return challenge.leaves.length * (LEAF_BYTES + 8_192) + 1_024;
}
