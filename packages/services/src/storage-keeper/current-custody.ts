/** The pack certificates of a blob that stand now, by the log: those of its last good repair, else those it was sealed with. */
import { fromHex } from '@assay/core';
import {
  Custody,
  FormatError,
  type Manifest,
  type PackCertificate,
  packCertificateId,
  readCertificatePages,
  ReceiptError,
  TransferError,
} from '@assay/storage';
import { packsOf, type StorageConnection } from '../storage-client/index.ts';
import type { BlobRecords } from './storage-records.ts';

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
  for (const { predicate } of newestFirst) {
    try {
      const packs = await readCertificatePages(predicate.certificates.map(fromHex), connection.options.nodes);
      assertSame(packs, predicate.packs.root);
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
