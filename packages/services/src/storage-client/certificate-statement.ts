/** A blob certificate as the log keeps it. */
import { hex, type Predicate } from '@assay/core';
import { type BlobCertificate, type Committee, shardRoot, treeRoot } from '@assay/storage';

const keyId = (key: Uint8Array): string => `ed25519:${hex(key)}`;

/** The statement's members are the signed facts; the list of pack certificates is there as its root alone. */
export function certificatePredicate(
  certificate: BlobCertificate,
  { networkId, epoch, profile, members }: Committee,
): Predicate<'blob.certificate'> {
  const { blobId, totalBytes, packCertificates, leaseEnd, signatures } = certificate;
  const { n, k, f, q } = profile;
  return {
    blob: hex(blobId),
    totalBytes: String(totalBytes),
    committee: {
      network: hex(networkId),
      epoch: String(epoch),
      profile: { n, k, f, q },
      members: members.map(keyId),
    },
    // An id of 32 bytes is one leaf, so its shard root is its leaf hash.
    packs: { count: String(packCertificates.length), root: hex(treeRoot(packCertificates.map(shardRoot))) },
    leaseEnd: String(leaseEnd),
    signatures: signatures.map(({ node, signature }) => ({ node: keyId(node), signature: hex(signature) })),
  };
}
