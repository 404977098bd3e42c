/** Renews the leases of a stored blob: its nodes sign again, shard by shard, and then for the whole. */
import { equal } from '@assay/core';
import type { PackCertificate, VerifiedBlobCertificate } from '../certificate.ts';
import { FormatError } from '../errors.ts';
import type { Manifest } from '../format/manifest.ts';
import { packId } from '../format/pack.ts';
import { encodeManifest } from '../format/pages.ts';
import { Progress } from '../progress.ts';
import type { VerifiedReceipt } from '../receipt.ts';
import type { TaskContext } from './pack-task.ts';
import { renewPack } from './reuse.ts';
import { sealBlob } from './seal.ts';

/** What became of a renewal. */
export interface Renewal {
  /** A quorum's signature for the whole under the new leases; undefined when not enough could be renewed. */
  readonly certificate: VerifiedBlobCertificate | undefined;
  /** The receipts that were given, in manifest order. */
  readonly packs: readonly PackCertificate[];
  /** Packs for which less than a quorum signed again. */
  readonly short: readonly number[];
}

export interface Renewing {
  readonly blobId: Uint8Array;
  readonly manifest: Manifest;
  /** Receipts that stand, by pack: which spares hold what. */
  readonly held: readonly (readonly VerifiedReceipt[])[];
  readonly task: TaskContext;
  readonly signal: AbortSignal;
}

/** Packs asked for at once: a node reads each shard before it signs for it again. */
const AT_ONCE = 4;
/** How long nodes that could sign for every pack may take to sign for the whole. */
const SEAL_MS = 60_000;

/** @throws FormatError `manifest` when the blob is another than the manifest's */
export async function renewBlob({ blobId, manifest, held, task, signal }: Renewing): Promise<Renewal> {
  const paged = encodeManifest(manifest);
  if (!equal(paged.blobId, blobId))
    throw new FormatError('manifest', { what: 'the manifest has other pages than it was read from' });
  const tracked = manifest.packs.map(({ packLen }) => ({ bytes: packLen, reused: false }));
  const progress = new Progress(tracked, task.committee.profile);
  const onReceipt = (pack: number, receipt: VerifiedReceipt): void => void progress.receipt(pack, receipt);
  const context = { ...task, progress, onReceipt };
  for (let at = 0; at < manifest.packs.length; at += AT_ONCE) {
    const some = manifest.packs.slice(at, at + AT_ONCE);
    await Promise.all(
      some.map((header, i) => renewPack(header, { pack: at + i, context, signal }, held[at + i])),
    );
  }
  const packs = manifest.packs.map((header, i) => ({
    packId: packId(header),
    receipts: progress.receipts(i),
  }));
  const short = manifest.packs.flatMap((_, pack) => (progress.isCertified(pack) ? [] : [pack]));
  if (short.length > 0) return { certificate: undefined, packs, short };
  const over = new AbortController();
  void task.clock.sleep(SEAL_MS, AbortSignal.any([signal, over.signal])).then(() => over.abort());
  const { committee, clock, session } = task;
  const pages = [...paged.pages.values()];
  const lanes = [...task.lanes.values()];
  const run = { progress, committee, clock, session, lanes, signal: over.signal, signOnly: true };
  const certificate = await sealBlob({ blobId, manifest, pages, ...run });
  over.abort();
  return { certificate, packs, short };
}
