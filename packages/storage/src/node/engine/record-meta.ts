/** What the meta part of a record holds: a pack header and a page digest, or the history of boots. */
import { concat } from '@assay/core';
import { decodeCbor, encodeCbor } from '../../cbor.ts';
import { CODEC, decodePackHeader, type PackHeader, packHeaderBytes } from '../../format/pack.ts';
import type { Boot } from '../../node-facts.ts';
import { Shape } from '../../shape.ts';
import { KIND, type LogRecord } from './record.ts';

/** Length of "ain.pack.v1": the codec's byte follows it. */
const CODEC_AT = 11;

/**
 * A shard record's meta: the pack header, then the page's digest if the pack is a replicated page, else zeros up to a
 * multiple of 8, so that fillers, which have such lengths, can bring the body to a block.
 */
export function joinMeta(header: Uint8Array, page: Uint8Array | undefined): Uint8Array {
  return concat(header, page ?? new Uint8Array(-header.length & 7));
}

export function splitMeta(meta: Uint8Array): { header: PackHeader; page?: Uint8Array } {
  if (meta[CODEC_AT] !== CODEC.replicate)
    return { header: decodePackHeader(meta.subarray(0, packHeaderBytes(meta))) };
  return { header: decodePackHeader(meta.subarray(0, -32)), page: meta.subarray(-32) };
}

/** A boot record carries the whole history: the segments with the older ones may be removed. */
export function bootRecord(boots: readonly Boot[]): LogRecord {
  const meta = encodeCbor(boots.map(({ bootId, firstSeq }) => [bootId, firstSeq]));
  return {
    kind: KIND.boot,
    index: 0,
    leaseEnd: 0,
    packId: new Uint8Array(32),
    meta,
    body: new Uint8Array(0),
  };
}

export function decodeBoots(meta: Uint8Array): Boot[] {
  const shape = new Shape('cbor', 'a boot record');
  return shape.array(decodeCbor(meta)).map((item) => {
    const [bootId, firstSeq] = shape.array(item, 2);
    return { bootId: shape.bytes(bootId, 16), firstSeq: shape.uint(firstSeq) };
  });
}
