/** Certificates: q receipts make a pack safe, q signatures over all pack certificates make a blob safe. */
import { concat, ed25519Verify, equal, hex, sha256, type Signer, utf8 } from '@assay/core';
import { le } from './bytes.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { type Committee, committeeRoot, mayHold } from './committee.ts';
import { ReceiptError } from './errors.ts';
import { type PackHeader, packId } from './format/pack.ts';
import { hashLeaf, treeRoot } from './merkle.ts';
import {
  type ShardReceipt,
  shardReceiptFromCbor,
  shardReceiptToCbor,
  type VerifiedReceipt,
  verifyShardReceipt,
} from './receipt.ts';
import { Shape } from './shape.ts';

/** At least q receipts for distinct shards of one pack from distinct nodes, in the order of their indices. */
export interface PackCertificate {
  readonly packId: Uint8Array;
  readonly receipts: readonly ShardReceipt[];
}

/** Deterministic CBOR of a pack certificate; equal receipts give equal bytes. */
export function encodePackCertificate({ packId: id, receipts }: PackCertificate): Uint8Array {
  const sorted = [...receipts].sort((a, b) => a.shard.index - b.shard.index);
  return encodeCbor([id, sorted.map(shardReceiptToCbor)]);
}

/** @throws FormatError `certificate` | `receipt` | `cbor` */
export function decodePackCertificate(bytes: Uint8Array): PackCertificate {
  const [id, receipts] = shape.array(decodeCbor(bytes), 2);
  return { packId: shape.bytes(id, 32), receipts: shape.array(receipts).map(shardReceiptFromCbor) };
}

/** SHA-256 of the certificate's bytes. */
export function packCertificateId(certificate: PackCertificate): Uint8Array {
  return sha256(encodePackCertificate(certificate));
}

/**
 * Checks that a quorum of distinct nodes holds distinct shards, each committed to by the pack and at its place.
 * @throws ReceiptError, whose code names the first rule that fails
 */
export function verifyPackCertificate(
  certificate: PackCertificate,
  header: PackHeader,
  committee: Committee,
): VerifiedReceipt[] {
  const id = packId(header);
  if (!equal(id, certificate.packId))
    throw assignment(`the certificate is for pack ${hex(certificate.packId)}`);
  const verified = certificate.receipts.map((receipt) => verifyShardReceipt(receipt, committee));
  for (const receipt of verified) checkPlace(receipt, { header, id, committee });
  const nodes = new Set(verified.map(({ nodeId }) => hex(nodeId)));
  const indices = new Set(verified.map(({ shard }) => shard.index));
  if (Math.min(nodes.size, indices.size) < committee.profile.q) {
    throw new ReceiptError('quorum', {
      what: `${nodes.size} nodes hold ${indices.size} distinct shards of pack ${hex(id)}, not ${committee.profile.q}`,
    });
  }
  return verified;
}

/** @throws ReceiptError `assignment` unless the receipt is for a shard of this pack at a node that may hold it */
export function checkPlace(
  { shard, nodeId }: VerifiedReceipt,
  { header, id, committee }: { header: PackHeader; id: Uint8Array; committee: Committee },
): void {
  const root = header.roots[shard.index];
  const fits = root !== undefined && equal(root, shard.root) && shard.length === header.shardLen;
  if (!equal(shard.packId, id) || !fits)
    throw assignment(`shard ${shard.index} is not one of pack ${hex(id)}`);
  if (!mayHold(committee, id, { node: nodeId, index: shard.index })) {
    throw assignment(`node ed25519:${hex(nodeId)} is not to hold shard ${shard.index} of pack ${hex(id)}`);
  }
}

/** What nodes sign to seal a blob. */
export interface BlobFacts {
  readonly blobId: Uint8Array;
  readonly totalBytes: number;
  /** Ids of the pack certificates in manifest order. */
  readonly packCertificates: readonly Uint8Array[];
  readonly leaseEnd: number;
}

export interface BlobCertificate extends BlobFacts {
  readonly signatures: readonly { readonly node: Uint8Array; readonly signature: Uint8Array }[];
}

/** The signed bytes of specs/storage-format.md, "Blob certificate". */
export function blobCertificateBytes(facts: BlobFacts, committee: Committee): Uint8Array {
  return concat(
    utf8('ain.blobcert.v1\0'),
    committee.networkId,
    le(committee.epoch, 8),
    committeeRoot(committee),
    facts.blobId,
    le(facts.totalBytes, 8),
    treeRoot(facts.packCertificates.map(hashLeaf)),
    le(facts.leaseEnd, 8),
  );
}

/** A node's part of a blob certificate; it signs only after `verifyPackCertificate` of every pack. */
export function signBlob(facts: BlobFacts, committee: Committee, signer: Signer): Uint8Array {
  return signer.sign(blobCertificateBytes(facts, committee));
}

declare const sealed: unique symbol;
/** A blob certificate that `verifyBlobCertificate` has accepted. */
export type VerifiedBlobCertificate = BlobCertificate & { readonly [sealed]: true };

/** @throws ReceiptError `quorum` unless q distinct members signed exactly these facts */
export function verifyBlobCertificate(
  certificate: BlobCertificate,
  committee: Committee,
): VerifiedBlobCertificate {
  const message = blobCertificateBytes(certificate, committee);
  const signers = new Set<string>();
  for (const { node, signature } of certificate.signatures) {
    const member = committee.members.some((id) => equal(id, node));
    if (member && ed25519Verify(node, message, signature)) signers.add(hex(node));
  }
  if (signers.size < committee.profile.q) {
    throw new ReceiptError('quorum', {
      what: `${signers.size} members signed for blob ${hex(certificate.blobId)}, not ${committee.profile.q}`,
    });
  }
  return certificate as VerifiedBlobCertificate;
}

/** Deterministic CBOR of a blob certificate. */
export function encodeBlobCertificate(value: BlobCertificate): Uint8Array {
  const signatures = value.signatures.map(({ node, signature }) => [node, signature]);
  return encodeCbor([
    value.blobId,
    value.totalBytes,
    [...value.packCertificates],
    value.leaseEnd,
    signatures,
  ]);
}

/** @throws FormatError `certificate` | `cbor` */
export function decodeBlobCertificate(bytes: Uint8Array): BlobCertificate {
  const [blobId, total, certificates, leaseEnd, signatures] = shape.array(decodeCbor(bytes), 5);
  return {
    blobId: shape.bytes(blobId, 32),
    totalBytes: shape.uint(total),
    packCertificates: shape.array(certificates).map((id) => shape.bytes(id, 32)),
    leaseEnd: shape.uint(leaseEnd),
    signatures: shape.array(signatures).map((item) => {
      const [node, signature] = shape.array(item, 2);
      return { node: shape.bytes(node, 32), signature: shape.bytes(signature, 64) };
    }),
  };
}

function assignment(what: string): ReceiptError {
  return new ReceiptError('assignment', { what });
}

const shape = new Shape('certificate', 'a certificate');
