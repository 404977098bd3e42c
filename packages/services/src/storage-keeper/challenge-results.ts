/** False receipts as the log keeps them: written by whoever found one, and believed only after the proof was checked. */
import { base64, fromBase64, fromHex, hex, type Predicate, sha256 } from '@assay/core';
import {
  type Accusation,
  encodeFalsehood,
  readPage,
  ReceiptError,
  type Revocation,
  storePages,
  verifyFalsehood,
} from '@assay/storage';
import type { StorageConnection } from '../storage-client/index.ts';

/** Proofs up to this stand in the entry itself; in bytes. */
const INLINE_BYTES = 8 * 1_024;

/**
 * The statement about a false receipt. A proof that an entry cannot hold is stored as a page first (PROTOCOL 4.5).
 * @throws ReceiptError `evidence` when the accusation convinces nobody else
 */
export async function challengeResult(
  accusation: Accusation,
  { blob, connection }: { blob: string; connection: StorageConnection },
): Promise<Predicate<'challenge.result'>> {
  const { node, revocation, shards } = accusation;
  const { receipt, evidence } = revocation;
  const bytes = encodeFalsehood(accusation);
  const fits = bytes.length <= INLINE_BYTES;
  if (!fits) {
    const session = hex(connection.options.randomBytes(16));
    await storePages([bytes], { ...connection.options, session });
  }
  return {
    blob,
    node: `ed25519:${hex(node)}`,
    pack: hex(receipt.shard.packId),
    index: receipt.shard.index,
    cause: evidence.cause === 'lost-ack' ? 'lost-ack' : 'failed-challenge',
    shards: String(shards),
    proof: {
      id: hex(sha256(bytes)),
      size: String(bytes.length),
      ...(fits ? { bytes: base64(bytes) } : {}),
    },
  };
}

/**
 * Checks a logged result by its proof alone.
 * @throws ReceiptError when the proof does not convict the node; TransferError when it cannot be had
 */
export async function verifyChallengeResult(
  { node, pack, index, proof }: Predicate<'challenge.result'>,
  { committee, options }: StorageConnection,
): Promise<Revocation> {
  const bytes =
    proof.bytes === undefined ? await readPage(fromHex(proof.id), options.nodes) : fromBase64(proof.bytes);
  const revocation = verifyFalsehood(bytes, committee);
  const { nodeId, shard } = revocation.receipt;
  const isAboutThis =
    hex(sha256(bytes)) === proof.id &&
    `ed25519:${hex(nodeId)}` === node &&
    hex(shard.packId) === pack &&
    shard.index === index;
  if (isAboutThis) return revocation;
  throw new ReceiptError('evidence', {
    what: `the proof is not about shard ${index} of pack ${pack} at ${node}`,
  });
}
