/** The bytes of one group commit: what one fdatasync makes durable, framed so that a torn tail is told from damage. */
import { crc32 } from 'node:zlib';
import { concat, equal, utf8 } from '@assay/core';

// magic (8) | group number u64 | payload length u32 | crc32 of number, length and payload | payload.
// payload = per record: length u32, bytes. All integers big-endian.
const MAGIC = utf8('ASYGRP1\n');
const HEADER_BYTES = 24;

/** Most bytes of records in one group; a length beyond it can only be damage. */
export const MAX_GROUP_BYTES = 256 * 2 ** 20;

/** A record, and where its bytes stand in the file. */
export interface FramedRecord {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What stands at one place of a segment. `end` is where the next group begins. */
export type ReadGroup =
  | { readonly kind: 'group'; readonly records: readonly FramedRecord[]; readonly end: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'bad'; readonly what: string };

/** The frame of `records` as group `number`, and where each record lies in it. */
export function encodeGroup(
  number: number,
  records: readonly Uint8Array[],
): { readonly bytes: Uint8Array; readonly offsets: readonly number[] } {
  const parts: Uint8Array[] = [];
  const offsets: number[] = [];
  let at = HEADER_BYTES;
  for (const record of records) {
    parts.push(u32(record.length), record);
    offsets.push(at + 4);
    at += 4 + record.length;
  }
  const bytes = concat(new Uint8Array(HEADER_BYTES), ...parts);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setBigUint64(8, BigInt(number));
  view.setUint32(16, at - HEADER_BYTES);
  view.setUint32(20, checksum(bytes, 0, at));
  return { bytes, offsets };
}

/** New bytes for a record, of the same length, and where in the segment it stands. */
export interface RecordEdit {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Overwrites records of a segment and seals its groups anew. Returns false, with nothing changed, when a group is
 * damaged: sealing would call the damage whole.
 */
export function editGroups(file: Uint8Array, edits: readonly RecordEdit[]): boolean {
  const groups: { start: number; end: number }[] = [];
  for (let at = 0; at < file.length;) {
    const end = frameEnd(file, at);
    if (end === undefined) return false;
    groups.push({ start: at, end });
    at = end;
  }
  for (const { offset, bytes } of edits) file.set(bytes, offset);
  const view = new DataView(file.buffer, file.byteOffset);
  for (const { start, end } of groups) view.setUint32(start + 20, checksum(file, start, end));
  return true;
}

/** Reads group `number` at byte `start` of a segment. */
export function readGroup(file: Uint8Array, start: number, number: number): ReadGroup {
  if (start === file.length) return { kind: 'end' };
  const end = frameEnd(file, start);
  if (end === undefined) return { kind: 'bad', what: 'not a whole group' };
  const found = Number(new DataView(file.buffer, file.byteOffset + start).getBigUint64(8));
  if (found !== number) return { kind: 'bad', what: `group ${found} where ${number} is due` };
  return { kind: 'group', records: recordsOf(file, start + HEADER_BYTES, end), end };
}

/**
 * Whether a whole group begins anywhere after `start`. Each group is written only once the one before it is durable,
 * so a whole group behind a bad one means damage, not a torn tail.
 */
export function hasGroupAfter(file: Uint8Array, start: number): boolean {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (let at = bytes.indexOf(MAGIC, start + 1); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
    if (frameEnd(file, at) !== undefined) return true;
  }
  return false;
}

/** End of the frame at `start` when it is whole and its checksum holds. */
function frameEnd(file: Uint8Array, start: number): number | undefined {
  if (file.length - start < HEADER_BYTES || !equal(file.subarray(start, start + 8), MAGIC)) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + start);
  const length = view.getUint32(16);
  // The length may be damaged: compare before adding.
  if (length > MAX_GROUP_BYTES || length > file.length - start - HEADER_BYTES) return undefined;
  const end = start + HEADER_BYTES + length;
  return view.getUint32(20) === checksum(file, start, end) ? end : undefined;
}

function checksum(file: Uint8Array, start: number, end: number): number {
  const header = crc32(file.subarray(start + 8, start + 20));
  return crc32(file.subarray(start + HEADER_BYTES, end), header);
}

function recordsOf(file: Uint8Array, from: number, end: number): FramedRecord[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const records: FramedRecord[] = [];
  for (let at = from; at < end;) {
    const length = view.getUint32(at);
    records.push({ offset: at + 4, bytes: file.subarray(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return records;
}

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}
