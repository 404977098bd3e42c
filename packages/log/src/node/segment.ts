/**
 * The write-ahead segment: a header, then one record per group commit.
 *
 *     header   u32 length ‖ "assay-segment/v1\n" origin "\n" start "\n" hex(root at start) "\n" ‖ u32 CRC-32
 *     record   u32 length ‖ u32 count ‖ u64 first index ‖ 32-byte root before ‖ entries ‖ u32 CRC-32
 *
 * Integers are big-endian; `length` counts what stands between it and the CRC; the CRC covers the length too. `entries`
 * are encoded as in a C2SP entry bundle, so that a bundle is a slice of segments. The root *before* a record chains it
 * to everything ahead of it; the root after it stands in the checkpoint row, and signatures are made only from there.
 */
import { crc32 } from 'node:zlib';
import { fromHex, fromUtf8, hex, utf8 } from '@assay/core';

/** What a segment continues. */
export interface SegmentHeader {
  readonly origin: string;
  /** Tree size before the first record. */
  readonly start: number;
  readonly root: Uint8Array;
}

/** One group commit. */
export interface SegmentRecord {
  /** Log index of the first entry. */
  readonly first: number;
  readonly rootBefore: Uint8Array;
  readonly entries: readonly Uint8Array[];
}

/** A decoded piece and where the next begins. */
export interface Decoded<T> {
  readonly value: T;
  readonly next: number;
}

const MAGIC = 'assay-segment/v1';
const FIXED = 4 + 8 + 32;

/** Bytes of a header, framed. */
export function encodeHeader(header: SegmentHeader): Uint8Array {
  const text = utf8(`${MAGIC}\n${header.origin}\n${header.start}\n${hex(header.root)}\n`);
  return frame(text.length, (body) => body.set(text));
}

/** The header of a segment, or undefined when it is torn or damaged. */
export function decodeHeader(segment: Uint8Array): Decoded<SegmentHeader> | undefined {
  const body = unframe(segment, 0);
  if (body === undefined) return undefined;
  const [magic, origin, start, root] = fromUtf8(body.value).split('\n');
  if (magic !== MAGIC || origin === undefined || start === undefined || root === undefined) return undefined;
  return { value: { origin, start: Number(start), root: fromHex(root) }, next: body.next };
}

/** Bytes of a record, framed. Entries are at most 65,535 bytes each. */
export function encodeRecord({ first, rootBefore, entries }: SegmentRecord): Uint8Array {
  const length = entries.reduce((sum, entry) => sum + 2 + entry.length, FIXED);
  return frame(length, (body, view) => {
    view.setUint32(0, entries.length);
    view.setBigUint64(4, BigInt(first));
    body.set(rootBefore, 12);
    let at = FIXED;
    for (const entry of entries) {
      view.setUint16(at, entry.length);
      body.set(entry, at + 2);
      at += 2 + entry.length;
    }
  });
}

/** The record at `offset`, or undefined when there is none whole and undamaged: the end, or a torn tail. */
export function decodeRecord(segment: Uint8Array, offset: number): Decoded<SegmentRecord> | undefined {
  const body = unframe(segment, offset);
  if (body === undefined || body.value.length < FIXED) return undefined;
  const view = dataView(body.value);
  const entries = splitEntries(body.value.subarray(FIXED));
  if (entries?.length !== view.getUint32(0)) return undefined;
  const first = Number(view.getBigUint64(4));
  return { value: { first, rootBefore: body.value.subarray(12, FIXED), entries }, next: body.next };
}

function frame(length: number, fill: (body: Uint8Array, view: DataView) => void): Uint8Array {
  const out = new Uint8Array(length + 8);
  const view = dataView(out);
  view.setUint32(0, length);
  const body = out.subarray(4, 4 + length);
  fill(body, dataView(body));
  view.setUint32(4 + length, crc32(out.subarray(0, 4 + length)));
  return out;
}

function unframe(bytes: Uint8Array, offset: number): Decoded<Uint8Array> | undefined {
  if (bytes.length - offset < 8) return undefined;
  const view = dataView(bytes);
  // The length may be garbage from a torn write: compare before adding.
  const length = view.getUint32(offset);
  if (length > bytes.length - offset - 8) return undefined;
  const end = offset + 4 + length;
  if (crc32(bytes.subarray(offset, end)) !== view.getUint32(end)) return undefined;
  return { value: bytes.subarray(offset + 4, end), next: end + 4 };
}

function splitEntries(bytes: Uint8Array): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 2) return undefined;
    const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    if (length > bytes.length - at - 2) return undefined;
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

const dataView = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
