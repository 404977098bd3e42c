/** Statements about stored content. */
import { z } from 'zod';
import { keyId, recordId, uint64 } from './scalars.ts';

const signature = z.string().regex(/^[0-9a-f]{128}$/, { error: 'expected 128 hexadecimal digits' });
const count = z.int().min(0).max(255);
/** How many pack certificates there are, and the Merkle root over their ids in manifest order. */
const packs = z.strictObject({ count: uint64, root: recordId });
const pages = z.array(recordId).max(160);

/**
 * A quorum of storage nodes signed that they hold a blob. Whoever stored it logs it; what counts are the nodes' own
 * signatures in it, over the bytes of specs/storage-format.md, "Blob certificate", which these members give.
 */
export const blobCertificate = z.strictObject({
  /** SHA-256 of the manifest's root page. */
  blob: recordId,
  /** Distinct payload bytes. */
  totalBytes: uint64,
  committee: z.strictObject({
    network: recordId,
    epoch: uint64,
    /** n shards of which any k rebuild; f nodes may lie or be lost; q receipts certify. */
    profile: z.strictObject({ n: count, k: count, f: count, q: count }),
    members: z.array(keyId).min(1).max(255),
  }),
  packs,
  /** Pages on the storage nodes that hold these certificates, in order (specs/storage-format.md, "Certificates"). */
  certificates: pages,
  /** The epoch before which no node deletes. */
  leaseEnd: uint64,
  signatures: z
    .array(z.strictObject({ node: keyId, signature }))
    .min(1)
    .max(255),
});

/**
 * A storage receipt proven false: the node signed for a shard, and signed an answer that shows that it does not have it.
 * Anybody joined logs it; what counts is the proof, which verifies by itself (specs/storage-format.md, "False receipts").
 * A challenge that was met convinces whoever asked and nobody else, and is not logged; silence proves nothing.
 */
export const challengeResult = z.strictObject({
  blob: recordId,
  /** Key of the storage node. */
  node: keyId,
  /** The shard that the proof is about. */
  pack: recordId,
  index: z.int().min(0).max(254),
  cause: z.enum(['failed-challenge', 'lost-ack']),
  /** How many of the node's receipts for this blob fell in the same round, this one included. */
  shards: uint64,
  /** The proof by its digest and size in bytes: in base64 when it is small, else a page on the storage nodes. */
  proof: z.strictObject({
    id: recordId,
    size: uint64,
    bytes: z
      .string()
      .regex(/^[A-Za-z0-9+/]{4,10928}={0,2}$/, { error: 'expected at most 8 KiB in base64' })
      .optional(),
  }),
});

/** Shards were rebuilt and placed again. What counts are the receipts in the pages named, which nodes signed. */
export const repair = z.strictObject({
  blob: recordId,
  /** Packs that got new receipts. */
  repaired: uint64,
  /** The pack certificates that stand from now on. */
  packs,
  certificates: pages,
  /** The false receipts that made it necessary; none when a node was only gone. */
  because: z.array(recordId).max(32),
});
