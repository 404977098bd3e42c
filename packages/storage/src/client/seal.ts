/** Gives the manifest to the nodes and gathers q signatures over the finished blob. */
import { ed25519Verify, equal } from '@assay/core';
import {
  blobCertificateBytes,
  checkPlace,
  packCertificateId,
  type VerifiedBlobCertificate,
  verifyBlobCertificate,
} from '../certificate.ts';
import { type Committee, rendezvous } from '../committee.ts';
import { NodeError, ReceiptError } from '../errors.ts';
import { totalBytes, type Manifest } from '../format/manifest.ts';
import { packId } from '../format/pack.ts';
import type { Progress } from '../progress.ts';
import { verifyShardReceipt } from '../receipt.ts';
import { type EncodedPack, encodePage } from './encode.ts';
import { type Lane, Stalled } from './lane.ts';
import type { Clock, SealRequest } from './ports.ts';

export interface SealOptions {
  readonly blobId: Uint8Array;
  readonly manifest: Manifest;
  /** Every page of the manifest: a node must hold them all before it can check what it signs. */
  readonly pages: readonly Uint8Array[];
  /** Its packs are the manifest's, in order. */
  readonly progress: Progress;
  readonly committee: Committee;
  readonly lanes: readonly Lane[];
  readonly session: string;
  /** Whether the nodes are to sign only: whoever renews a lease for others is not to hold the blob as its tenant. */
  readonly signOnly?: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const RETRY_MS = 250;

/**
 * Gives each node the manifest and asks it to sign, until q have, or until a pack is no longer certified: then undefined,
 * and there is sending to do. The receipts are fixed at the start, so that all nodes sign the same facts.
 */
export async function sealBlob(options: SealOptions): Promise<VerifiedBlobCertificate | undefined> {
  const { manifest, progress, committee, lanes, clock, signal } = options;
  const request = sealRequest(options);
  const encoded = options.pages.map((page) => encodePage(page, committee.members.length));
  const { promise: quorum, resolve: reached } = Promise.withResolvers<void>();
  const gathering = {
    options,
    request,
    encoded,
    quorum,
    reached,
    given: new Set<Lane>(),
    signatures: new Map(),
  };
  while (!signal.aborted && manifest.packs.every((_, i) => progress.isCertified(i))) {
    const left = lanes.filter((lane) => lane.ready && !gathering.signatures.has(lane));
    const all = Promise.all(left.map((lane) => refusalsApart(askOne(lane, gathering))));
    // Who has not answered when q have is not waited for.
    await Promise.race([all, gathering.quorum]);
    if (gathering.signatures.size >= committee.profile.q) {
      const signatures = [...gathering.signatures].map(([{ node }, signature]) => ({
        node: node.id,
        signature,
      }));
      return verifyBlobCertificate({ ...request.facts, signatures }, committee);
    }
    await clock.sleep(RETRY_MS, signal);
  }
  return undefined;
}

interface Gathering {
  readonly options: SealOptions;
  readonly request: SealRequest;
  readonly encoded: readonly EncodedPack[];
  /** Nodes that have receipted every page. */
  readonly given: Set<Lane>;
  readonly signatures: Map<Lane, Uint8Array>;
  /** Resolves when q nodes have signed. */
  readonly quorum: Promise<void>;
  readonly reached: () => void;
}

function sealRequest(options: SealOptions): SealRequest {
  const { blobId, manifest, progress, committee, session, signOnly } = options;
  const certificates = manifest.packs.map((header, i) => ({
    packId: packId(header),
    receipts: progress.receipts(i),
  }));
  const leases = manifest.packs.flatMap((_, i) => progress.receipts(i).map(({ leaseEnd }) => leaseEnd));
  // A blob without bytes is bound by no lease; it still names one.
  const leaseEnd = leases.reduce((least, lease) => Math.min(least, lease), leases[0] ?? committee.epoch);
  const packCertificates = certificates.map(packCertificateId);
  const facts = { blobId, totalBytes: totalBytes(manifest), packCertificates, leaseEnd };
  return { facts, certificates, session, epoch: committee.epoch, hold: signOnly !== true };
}

async function askOne(lane: Lane, gathering: Gathering): Promise<void> {
  const { options, request, encoded, given, signatures, reached } = gathering;
  const { committee, session, signal } = options;
  if (!given.has(lane)) {
    for (const page of encoded) await putPage(lane, page, { committee, session, signal });
    given.add(lane);
  }
  try {
    const signature = await lane.call((node, call) => node.seal(request, call), signal);
    if (!ed25519Verify(lane.node.id, blobCertificateBytes(request.facts, committee), signature))
      lane.distrust();
    else signatures.set(lane, signature);
    if (signatures.size >= committee.profile.q) reached();
  } catch (error) {
    // It lost a page since: it is given them all again.
    if (error instanceof NodeError && error.code === 'not-found') given.delete(lane);
    throw error;
  }
}

async function putPage(
  lane: Lane,
  page: EncodedPack,
  { committee, session, signal }: Pick<SealOptions, 'committee' | 'session' | 'signal'>,
): Promise<void> {
  const index = rendezvous(committee, page.id).findIndex((id) => equal(id, lane.node.id));
  const body = page.shards[index] as Uint8Array;
  const put = { header: page.headerBytes, index, body, session, epoch: committee.epoch };
  const receipt = await lane.call((node, call) => node.putShard(put, call), signal, 'put');
  checkPlace(verifyShardReceipt(receipt, committee), { header: page.header, id: page.id, committee });
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
