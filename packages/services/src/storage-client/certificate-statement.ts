/** What storage proves, as the log keeps it: certificates, false receipts, repairs. */
import { hex, type Predicate } from '@assay/core';
import { type BlobCertificate, type Committee, shardRoot, treeRoot } from '@assay/storage';

/** Count and Merkle root of pack certificate ids. */
export const packsOf = (ids: readonly Uint8Array[]): Predicate<'repair'>['packs'] => ({
  count: String(ids.length),
  // An id of 32 bytes is one leaf, so its shard root is its leaf hash.
  root: hex(treeRoot(ids.map(shardRoot))),
});

const keyId = (key: Uint8Array): string => `ed25519:${hex(key)}`;

/** The statement's members are the signed facts; the pack certificates are there as their root, and the pages that hold them. */
export function certificatePredicate(
  { certificate, pages }: { readonly certificate: BlobCertificate; readonly pages: readonly Uint8Array[] },
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
    packs: packsOf(packCertificates),
    certificates: pages.map(hex),
    leaseEnd: String(leaseEnd),
    signatures: signatures.map(({ node, signature }) => ({ node: keyId(node), signature: hex(signature) })),
  };
}
