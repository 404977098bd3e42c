/** Pages that stand beside a blob's manifest: its pack certificates, and proofs too large for a log entry. */
import { equal, hex, sha256 } from '@assay/core';
import { decodeCbor, encodeCbor } from '../cbor.ts';
import {
  checkPlace,
  decodePackCertificate,
  encodePackCertificate,
  type PackCertificate,
} from '../certificate.ts';
import { type Committee, rendezvous } from '../committee.ts';
import { NodeError, ReceiptError, TransferError } from '../errors.ts';
import { verifyShardReceipt } from '../receipt.ts';
import { Shape } from '../shape.ts';
import { type EncodedPack, encodePage } from './encode.ts';
import { mostOf } from './most-of.ts';
import type { Clock, StorageNode } from './ports.ts';

/** Pack certificates on one page. */
const PER_PAGE = 512;
/** How long a node may take for a page, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** Who stores pages. */
export interface PageNodes {
  readonly committee: Committee;
  readonly nodes: readonly StorageNode[];
}

/** The pages of a blob's pack certificates, in manifest order. */
export function certificatePages(certificates: readonly PackCertificate[]): Uint8Array[] {
  const pages: Uint8Array[] = [];
  for (let at = 0; at < certificates.length; at += PER_PAGE)
    pages.push(encodeCbor(certificates.slice(at, at + PER_PAGE).map(encodePackCertificate)));
  return pages;
}

/**
 * Stores pages on every node that takes them; returns their ids. Once a quorum has, the others are not waited for much longer:
 * a node that is frozen would hold up whoever stores by all the time that it may take. What they take later stays.
 * @throws TransferError `refused` below a quorum
 */
export async function storePages(
  pages: readonly Uint8Array[],
  { committee, nodes, clock, session }: PageNodes & { readonly clock: Clock; readonly session: string },
): Promise<Uint8Array[]> {
  for (const page of pages) {
    const encoded = encodePage(page, committee.members.length);
    const over = new AbortController();
    let count = 0;
    const placing = nodes.map(async (node) => {
      const taken = await place(node, encoded, { committee, session });
      if (taken) count++;
      return taken;
    });
    await mostOf(placing, { enough: committee.profile.q, clock, signal: over.signal });
    over.abort();
    if (count >= committee.profile.q) continue;
    throw new TransferError('refused', {
      what: `${count} nodes took page ${hex(sha256(page))}, not ${committee.profile.q}`,
      fix: 'Try again when more nodes answer.',
    });
  }
  return pages.map((page) => sha256(page));
}

async function place(
  node: StorageNode,
  page: EncodedPack,
  { committee, session }: { committee: Committee; session: string },
): Promise<boolean> {
  const index = rendezvous(committee, page.id).findIndex((id) => equal(id, node.id));
  const body = page.shards[index] as Uint8Array;
  const put = { header: page.headerBytes, index, body, session, epoch: committee.epoch };
  try {
    const receipt = await node.putShard(put, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    checkPlace(verifyShardReceipt(receipt, committee), { header: page.header, id: page.id, committee });
    return true;
  } catch (error) {
    if (error instanceof NodeError || error instanceof ReceiptError) return false;
    throw error;
  }
}

/** A page by its digest, from whichever node shows it. @throws TransferError `not-enough-shards` */
export async function readPage(id: Uint8Array, nodes: readonly StorageNode[]): Promise<Uint8Array> {
  for (const node of nodes) {
    try {
      const page = await node.getPage(id, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (equal(sha256(page), id)) return page;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
    }
  }
  throw new TransferError('not-enough-shards', { what: `no node shows page ${hex(id)}` });
}

/** Pack certificates from their pages, unverified. @throws TransferError, FormatError */
export async function readCertificatePages(
  ids: readonly Uint8Array[],
  nodes: readonly StorageNode[],
): Promise<PackCertificate[]> {
  const pages = await Promise.all(ids.map((id) => readPage(id, nodes)));
  return pages.flatMap((page) => {
    return shape.array(decodeCbor(page)).map((item) => decodePackCertificate(shape.bytes(item)));
  });
}

const shape = new Shape('certificate', 'a page of pack certificates');
