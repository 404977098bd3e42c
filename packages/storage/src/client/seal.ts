/** Gathers q nodes' signatures over a finished blob. */
import { ed25519Verify, hex } from '@assay/core';
import {
  type BlobFacts,
  blobCertificateBytes,
  type PackCertificate,
  packCertificateId,
  type VerifiedBlobCertificate,
  verifyBlobCertificate,
} from '../certificate.ts';
import type { Committee } from '../committee.ts';
import { NodeError, ReceiptError } from '../errors.ts';
import { totalBytes, type Manifest } from '../format/manifest.ts';
import { packId } from '../format/pack.ts';
import type { Progress } from '../progress.ts';
import { type Lane, Stalled } from './lane.ts';
import type { Clock } from './ports.ts';

export interface SealOptions {
  readonly blobId: Uint8Array;
  readonly manifest: Manifest;
  /** Its packs are the manifest's, in order. */
  readonly progress: Progress;
  readonly committee: Committee;
  readonly lanes: readonly Lane[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const RETRY_MS = 250;

/**
 * Asks the nodes to sign until q have, or until a pack is no longer certified: then undefined, and there is sending to do.
 * The receipts are fixed at the start, so that all nodes sign the same facts.
 */
export async function sealBlob(options: SealOptions): Promise<VerifiedBlobCertificate | undefined> {
  const { manifest, progress, committee, lanes, clock, signal } = options;
  const certificates = manifest.packs.map((header, i): PackCertificate => ({
    packId: packId(header),
    receipts: progress.receipts(i),
  }));
  const leaseEnd = Math.min(
    ...manifest.packs.flatMap((_, i) => progress.receipts(i).map((r) => r.leaseEnd)),
    committee.epoch + 1_000_000,
  );
  const packCertificates = certificates.map(packCertificateId);
  const facts: BlobFacts = {
    blobId: options.blobId,
    totalBytes: totalBytes(manifest),
    packCertificates,
    leaseEnd,
  };
  const message = blobCertificateBytes(facts, committee);
  const signatures = new Map<string, { node: Uint8Array; signature: Uint8Array }>();
  const ask = async (lane: Lane): Promise<void> => {
    const signature = await lane.call((node, call) => node.seal({ facts, certificates }, call), signal);
    if (!ed25519Verify(lane.node.id, message, signature)) lane.distrust();
    else signatures.set(hex(lane.node.id), { node: lane.node.id, signature });
  };
  while (!signal.aborted && manifest.packs.every((_, i) => progress.isCertified(i))) {
    const left = lanes.filter((lane) => lane.ready && !signatures.has(hex(lane.node.id)));
    await Promise.all(left.map((lane) => refusalsApart(ask(lane))));
    if (signatures.size >= committee.profile.q) {
      return verifyBlobCertificate({ ...facts, signatures: [...signatures.values()] }, committee);
    }
    await clock.sleep(RETRY_MS, signal);
  }
  return undefined;
}

/** A node that is away or refuses does not stop the others. */
async function refusalsApart(asking: Promise<void>): Promise<void> {
  try {
    await asking;
  } catch (error) {
    if (!(error instanceof Stalled || error instanceof NodeError || error instanceof ReceiptError))
      throw error;
  }
}
