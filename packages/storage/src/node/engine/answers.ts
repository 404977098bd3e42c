/** What any engine says of what it holds, whatever it holds it on: seals and challenges. */
import { equal, hex, type Signer } from '@assay/core';
import { packCertificateId, signBlob, verifyPackCertificate } from '../../certificate.ts';
import { type Challenge, type ChallengeAnswer, signAnswer } from '../../challenge.ts';
import type { SealRequest, ShardLeaves } from '../../client/ports.ts';
import type { Committee } from '../../committee.ts';
import { NodeError } from '../../errors.ts';
import { totalBytes } from '../../format/manifest.ts';
import type { PackHeader } from '../../format/pack.ts';
import { type PageReader, readManifest } from '../../format/pages.ts';
import { hashLeaves, LEAF_BYTES, leafCount, type LeafRange, proveRange } from '../../merkle.ts';
import type { NodeEngine } from './node-engine.ts';

const NONE = new Uint8Array(0);

/** Leaves of a whole shard in memory, with their proof; `hashes` of all of them, if known. @throws NodeError `bad-request` */
export function leavesOf(body: Uint8Array, range: LeafRange, hashes?: readonly Uint8Array[]): ShardLeaves {
  const count = leafCount(body.length);
  if (!(0 <= range.from && range.from < range.to && range.to <= count)) {
    throw new NodeError('bad-request', { what: `leaves ${range.from}…${range.to} of ${count}` });
  }
  if (range.to - range.from === count) return { bytes: body, proof: [] };
  const proof = proveRange(hashes ?? hashLeaves(body), range);
  return { bytes: body.subarray(range.from * LEAF_BYTES, range.to * LEAF_BYTES), proof };
}

/** Who answers: its boot, and the sequence of its next record before it looked for anything. */
export type Answering = Parameters<typeof signAnswer>[2];

/** Shows the challenged leaves; what cannot be shown is answered with null, and signed for as well. */
export async function answerChallenge(
  challenge: Challenge,
  engine: Pick<NodeEngine, 'getLeaves'>,
  by: Answering,
): Promise<ChallengeAnswer> {
  const shown: (ShardLeaves | null)[] = [];
  for (const { shard, leaf } of challenge.leaves) {
    const at = { index: shard.index, range: { from: leaf, to: leaf + 1 } };
    shown.push(await unlessMissing(engine.getLeaves(shard.packId, at)));
  }
  return signAnswer(challenge, shown, by);
}

async function unlessMissing(leaves: Promise<ShardLeaves>): Promise<ShardLeaves | null> {
  try {
    return await leaves;
  } catch (error) {
    if (error instanceof NodeError) return null;
    throw error;
  }
}

/**
 * Signs for a blob after verifying every pack certificate against the manifest that `read` gives.
 * @throws NodeError `not-found` when pages are missing | `bad-request`; ReceiptError when a certificate is not good
 */
export async function sealChecked(
  { facts, certificates }: SealRequest,
  { committee, signer, read }: { committee: Committee; signer: Signer; read: PageReader },
): Promise<Uint8Array> {
  const manifest = await readManifest(facts.blobId, read);
  const ids = certificates.map(packCertificateId);
  const match =
    ids.length === manifest.packs.length &&
    ids.every((id, i) => equal(id, facts.packCertificates[i] ?? NONE));
  if (!match || facts.packCertificates.length !== ids.length || totalBytes(manifest) !== facts.totalBytes) {
    throw new NodeError('bad-request', {
      what: `the facts do not fit the manifest of blob ${hex(facts.blobId)}`,
    });
  }
  certificates.forEach((certificate, i) => {
    const receipts = verifyPackCertificate(certificate, manifest.packs[i] as PackHeader, committee);
    if (receipts.some(({ leaseEnd }) => leaseEnd < facts.leaseEnd)) {
      throw new NodeError('bad-request', {
        what: `a lease of pack ${i} ends before epoch ${facts.leaseEnd}`,
      });
    }
  });
  return signBlob(facts, committee, signer);
}
