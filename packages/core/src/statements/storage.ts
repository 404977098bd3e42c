/** Statements about stored content. */
import { z } from 'zod';
import { keyId, recordId, uint64 } from './scalars.ts';

const signature = z.string().regex(/^[0-9a-f]{128}$/, { error: 'expected 128 hexadecimal digits' });
const count = z.int().min(0).max(255);

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
  /** How many pack certificates there are, and the Merkle root over their ids in manifest order. */
  packs: z.strictObject({ count: uint64, root: recordId }),
  /** The epoch before which no node deletes. */
  leaseEnd: uint64,
  signatures: z
    .array(z.strictObject({ node: keyId, signature }))
    .min(1)
    .max(255),
});
