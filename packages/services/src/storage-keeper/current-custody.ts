/** The pack certificates of a blob that stand now, by the log: those of its last good repair or renewal, else those it was sealed with. */
import { fromHex, type Predicate } from '@assay/core';
import {
  type Committee,
  Custody,
  FormatError,
  type Manifest,
  type PackCertificate,
  packCertificateId,
  readCertificatePages,
  ReceiptError,
  TransferError,
  verifyBlobCertificate,
} from '@assay/storage';
import { packsOf, type StorageConnection } from '../storage-client/index.ts';
import type { BlobRecords } from './storage-records.ts';

/** Signed for by a quorum, whoever logged it. @throws ReceiptError `quorum` */
function assertSigned(
  { blob, totalBytes, leaseEnd, committee: { epoch }, signatures }: Predicate<'blob.certificate'>,
  packs: readonly PackCertificate[],
  committee: Committee,
): void {
  const facts = { blobId: fromHex(blob), totalBytes: Number(totalBytes), leaseEnd: Number(leaseEnd) };
  const signed = signatures.map(({ node, signature }) => ({
    node: fromHex(node.slice('ed25519:'.length)),
    signature: fromHex(signature),
  }));
  verifyBlobCertificate(
    { ...facts, packCertificates: packs.map(packCertificateId), signatures: signed },
    { ...committee, epoch: Number(epoch) },
  );
}

/**
 * Custody of a blob from what the log and the storage nodes have. A repair whose pages cannot be had, or are not good, is
 * passed over: nobody's word counts here but the nodes' signatures.
 *
 * @throws TransferError `not-enough-shards` when no pages can be had
 */
export async function currentCustody(
  manifest: Manifest,
  { certificates, repairs }: BlobRecords,
  { connection, absent }: { connection: StorageConnection; absent?: ReadonlySet<string> },
): Promise<Custody> {
  const newestFirst = [...certificates, ...repairs].sort((a, b) => b.index - a.index);
  let last: unknown;
  for (const record of newestFirst) {
    const { predicate } = record;
    try {
      const packs = await readCertificatePages(predicate.certificates.map(fromHex), connection.options.nodes);
      assertSame(packs, predicate.packs.root);
      if (record.kind === 'blob.certificate') assertSigned(record.predicate, packs, connection.committee);
      return new Custody(manifest, packs, {
        ...connection.options,
        ...(absent === undefined ? {} : { absent }),
      });
    } catch (error) {
      if (!(error instanceof TransferError || error instanceof FormatError || error instanceof ReceiptError))
        throw error;
      last = error;
    }
  }
  throw new TransferError('not-enough-shards', {
    what: 'the pack certificates of the blob cannot be had',
    fix: 'Start more storage nodes.',
    cause: last,
  });
}

function assertSame(packs: readonly PackCertificate[], root: string): void {
  if (packsOf(packs.map(packCertificateId)).root === root) return;
  throw new ReceiptError('inclusion', { what: 'the pages hold other pack certificates than were logged' });
}
