/** Entry bundles: big-endian uint16 length, then the entry, repeated (c2sp.org/tlog-tiles, "Log entries"). */
import { TileError } from './errors.ts';
import { TILE_WIDTH } from './tile.ts';

/** Most bytes one entry may have: what its uint16 length can say. */
export const MAX_BUNDLED_ENTRY_BYTES = 65_535;

/** Joins entries into a bundle. @throws TileError `width` | `entry-size` */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  checkWidth(entries.length);
  const large = entries.find((entry) => entry.length > MAX_BUNDLED_ENTRY_BYTES);
  if (large !== undefined) {
    throw new TileError('entry-size', {
      what: `an entry of ${large.length} bytes is over ${MAX_BUNDLED_ENTRY_BYTES}`,
    });
  }
  const out = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const entry of entries) {
    view.setUint16(at, entry.length);
    out.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return out;
}

/**
 * Splits a bundle of exactly `width` entries. The entries are views into `bytes`, not copies.
 *
 * @throws TileError `width` if it holds more or fewer, `bytes` if it ends inside an entry
 */
export function decodeBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  checkWidth(width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 2 <= bytes.length ? at + 2 + view.getUint16(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) {
      throw new TileError('bytes', {
        what: `a bundle of ${bytes.length} bytes ends inside entry ${entries.length}`,
        where: `byte ${at}`,
      });
    }
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== width)
    throw new TileError('width', { what: `a bundle holds ${entries.length} entries, not ${width}` });
  return entries;
}

function checkWidth(width: number): void {
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new TileError('width', { what: `a bundle holds 1 to ${TILE_WIDTH} entries, not ${width}` });
  }
}
