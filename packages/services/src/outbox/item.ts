/** What an outbox keeps together in one record, and its bytes. */
import { concat, fromUtf8, type Json, utf8 } from '@assay/core';

/** One thing that became true: the statement to log, what belongs to it in private, and how to find it again. */
export interface Item {
  /** How the owner finds it again: request key, hash, stream and sequence. */
  readonly meta: { readonly [key: string]: Json };
  /** Entry bytes to send to the log. */
  readonly entry?: Uint8Array;
  /** Private bytes: inputs, outputs, salts, the answer. They never leave through the shipper. */
  readonly body?: Uint8Array;
}

/** A record of the journal: an item, or how many entries the log has taken or refused for good. */
export type JournalRecord =
  | { readonly kind: 'item'; readonly item: Item; readonly ordinal: number }
  | { readonly kind: 'shipped'; readonly count: number };

const ITEM = 1;
const SHIPPED = 2;
const ITEM_HEAD = 17;

/**
 * kind u8, ordinal u64, meta length u32, entry length u32 + 1 (0: none), meta, entry, body.
 *
 * @param ordinal entries that were put before this item, so that old segments can go without the count going wrong
 */
export function encodeItem({ meta, entry, body }: Item, ordinal: number): Uint8Array {
  const head = new Uint8Array(ITEM_HEAD);
  const view = new DataView(head.buffer);
  // Nothing is signed or hashed over it: in order of its making it costs a third of the canonical form.
  const metaBytes = utf8(JSON.stringify(meta));
  view.setUint8(0, ITEM);
  view.setBigUint64(1, BigInt(ordinal));
  view.setUint32(9, metaBytes.length);
  view.setUint32(13, entry === undefined ? 0 : entry.length + 1);
  return concat(head, metaBytes, entry ?? new Uint8Array(), body ?? new Uint8Array());
}

/** kind u8, count u64. */
export function encodeShipped(count: number): Uint8Array {
  const out = new Uint8Array(9);
  const view = new DataView(out.buffer);
  view.setUint8(0, SHIPPED);
  view.setBigUint64(1, BigInt(count));
  return out;
}

/** Reads what the two encoders wrote; its checksum has held. */
export function decodeRecord(bytes: Uint8Array): JournalRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint8(0) === SHIPPED) return { kind: 'shipped', count: Number(view.getBigUint64(1)) };
  const metaEnd = ITEM_HEAD + view.getUint32(9);
  const entryField = view.getUint32(13);
  const entryEnd = metaEnd + Math.max(0, entryField - 1);
  const meta = JSON.parse(fromUtf8(bytes.subarray(ITEM_HEAD, metaEnd))) as Item['meta'];
  const entry = entryField === 0 ? {} : { entry: bytes.subarray(metaEnd, entryEnd) };
  const ordinal = Number(view.getBigUint64(1));
  return { kind: 'item', item: { meta, ...entry, body: bytes.subarray(entryEnd) }, ordinal };
}
