/** The bodies of the storage node's HTTP API (specs/storage-http.md), written and read in one place by both ends. */
import { concat, sha256, utf8 } from '@assay/core';
import { le, readLe } from './bytes.ts';
import { type Cbor, decodeCbor, encodeCbor } from './cbor.ts';
import type { PackCertificate } from './certificate.ts';
import type { Challenge, ChallengeAnswer } from './challenge.ts';
import type { SealRequest } from './client/ports.ts';
import { NodeError } from './errors.ts';
import { MAX_SHARD_BYTES } from './format/pack.ts';
import type { Hello } from './node-facts.ts';
import { shardReceiptFromCbor, shardReceiptToCbor } from './receipt.ts';
import { Shape } from './shape.ts';

/** Largest pack header: 255 roots. */
const MAX_HEADER_BYTES = 9_000;
/** Most bytes the body of a put may have. */
export const MAX_PUT_BYTES = 4 + MAX_HEADER_BYTES + MAX_SHARD_BYTES;
/** Most bytes the body of any other request may have: the certificates of some 40,000 packs. */
export const MAX_REQUEST_BYTES = 64 * 1_048_576;

/** What precedes the shard in a put's body: the length of the pack header (u32 LE) and the header. */
export function putPrefix(header: Uint8Array): Uint8Array {
  return concat(le(header.length, 4), header);
}

/** Header and shard of a put's body; both are views of it. @throws NodeError `bad-request` */
export function splitPut(body: Uint8Array): { header: Uint8Array; shard: Uint8Array } {
  const length = body.length < 4 ? -1 : readLe(body, 0, 4);
  // Length is attacker-controlled: compare before anything is cut.
  if (length < 0 || length > MAX_HEADER_BYTES || length > body.length - 4) {
    throw new NodeError('bad-request', { what: 'the body does not begin with a pack header' });
  }
  return { header: body.subarray(4, 4 + length), shard: body.subarray(4 + length) };
}

/** What a capability's holder signs for a request on a shard, a page or a blob. */
export function requestSubject(
  kind: 'shard' | 'page' | 'seal' | 'challenge' | 'blob',
  id: Uint8Array,
  index = 0,
): Uint8Array {
  return sha256(utf8(`${kind}\0`), id, le(index, 2));
}

export function encodeHello({ networkId, nodeId, nonce, nextSeq, boots, signature }: Hello): Uint8Array {
  const history = boots.map(({ bootId, firstSeq }): Cbor => [bootId, firstSeq]);
  return encodeCbor([networkId, nodeId, nonce, nextSeq, history, signature]);
}

/** @throws FormatError `cbor` */
export function decodeHello(bytes: Uint8Array): Hello {
  const [networkId, nodeId, nonce, nextSeq, boots, signature] = shape.array(decodeCbor(bytes), 6);
  return {
    networkId: shape.bytes(networkId, 32),
    nodeId: shape.bytes(nodeId, 32),
    nonce: shape.bytes(nonce, 32),
    nextSeq: shape.uint(nextSeq),
    boots: shape.array(boots).map((item) => {
      const [bootId, firstSeq] = shape.array(item, 2);
      return { bootId: shape.bytes(bootId, 16), firstSeq: shape.uint(firstSeq) };
    }),
    signature: shape.bytes(signature, 64),
  };
}

export function encodeChallenge({ networkId, nodeId, seed, leaves }: Challenge): Uint8Array {
  const asked = leaves.map(({ shard: s, leaf }): Cbor => [s.packId, s.index, s.root, s.length, leaf]);
  return encodeCbor([networkId, nodeId, seed, asked]);
}

/** Most leaves one challenge may ask for: each may cost the node a shard's read. */
const MAX_LEAVES = 1_024;

/** @throws FormatError `cbor`; NodeError `bad-request` for too many leaves */
export function decodeChallenge(bytes: Uint8Array): Challenge {
  const [networkId, nodeId, seed, leaves] = shape.array(decodeCbor(bytes), 4);
  const asked = shape.array(leaves);
  if (asked.length > MAX_LEAVES)
    throw new NodeError('bad-request', { what: `${asked.length} leaves in one challenge` });
  return {
    networkId: shape.bytes(networkId, 32),
    nodeId: shape.bytes(nodeId, 32),
    seed: shape.bytes(seed, 32),
    leaves: asked.map((item) => {
      const [packId, index, root, length, leaf] = shape.array(item, 5);
      const shard = {
        packId: shape.bytes(packId, 32),
        index: shape.uint(index, 65_535),
        root: shape.bytes(root, 32),
      };
      return { shard: { ...shard, length: shape.uint(length, 2 ** 32 - 1) }, leaf: shape.uint(leaf) };
    }),
  };
}

export function encodeAnswer({ body, bootId, nextSeq, signature }: ChallengeAnswer): Uint8Array {
  return encodeCbor([body, bootId, nextSeq, signature]);
}

/** @throws FormatError `cbor` */
export function decodeAnswer(bytes: Uint8Array): ChallengeAnswer {
  const [body, bootId, nextSeq, signature] = shape.array(decodeCbor(bytes), 4);
  const answer = { body: shape.bytes(body), bootId: shape.bytes(bootId, 16), nextSeq: shape.uint(nextSeq) };
  return { ...answer, signature: shape.bytes(signature, 64) };
}

export function encodeSeal({ facts, certificates }: SealRequest): Uint8Array {
  const packs = certificates.map(({ packId, receipts }): Cbor => [packId, receipts.map(shardReceiptToCbor)]);
  return encodeCbor([facts.blobId, facts.totalBytes, [...facts.packCertificates], facts.leaseEnd, packs]);
}

/** @throws FormatError `cbor` | `receipt` */
export function decodeSeal(bytes: Uint8Array): SealRequest {
  const [blobId, totalBytes, ids, leaseEnd, packs] = shape.array(decodeCbor(bytes), 5);
  const certificates = shape.array(packs).map((item): PackCertificate => {
    const [packId, receipts] = shape.array(item, 2);
    return { packId: shape.bytes(packId, 32), receipts: shape.array(receipts).map(shardReceiptFromCbor) };
  });
  const packCertificates = shape.array(ids).map((id) => shape.bytes(id, 32));
  const facts = { blobId: shape.bytes(blobId, 32), totalBytes: shape.uint(totalBytes), packCertificates };
  return { facts: { ...facts, leaseEnd: shape.uint(leaseEnd) }, certificates };
}

const shape = new Shape('cbor', 'a request or answer of the storage API');
