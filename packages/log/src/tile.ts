/** Which tiles a tree has, and where they are served (c2sp.org/tlog-tiles, "Merkle Tree" and "Partial Tiles"). */
import { parseDecimal } from './decimal.ts';
import { TileError } from './errors.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** Tree levels inside one tile. */
export const TILE_HEIGHT = 8;

/** A tile of hashes: tile `index` of tile level `level`, holding `width` hashes (256 is full). */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** A bundle of entries: as a tile at level 0, holding the entries themselves. */
export interface BundleAddress {
  readonly index: number;
  readonly width: number;
}

/** The path of a tile below the log's prefix: `tile/0/x001/x234/067.p/8`. */
export function tilePath(tile: Tile): string {
  return `tile/${tile.level}/${numberedPath(tile)}`;
}

/** The path of an entry bundle below the log's prefix: `tile/entries/x001/x234/067`. */
export function bundlePath(bundle: BundleAddress): string {
  return `tile/entries/${numberedPath(bundle)}`;
}

/**
 * Reads a path made by {@link tilePath} or {@link bundlePath}; `level` is `'entries'` for a bundle.
 *
 * @throws TileError `path` for any other spelling
 */
export function parseTilePath(path: string): { level: number | 'entries'; index: number; width: number } {
  const [, levelText, digits, widthText] =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path) ?? [];
  const level = levelText === 'entries' ? levelText : parseDecimal(levelText ?? '');
  const index = digits === undefined ? undefined : Number(digits.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : parseDecimal(widthText);
  const parsed =
    level !== undefined && index !== undefined && width !== undefined && Number.isSafeInteger(index);
  if (
    parsed &&
    width >= 1 &&
    (widthText === undefined || width < TILE_WIDTH) &&
    (level === 'entries' || level <= 63)
  ) {
    // One index has one spelling: no group of leading zeroes.
    if (digits === indexPath(index)) return { level, index, width };
  }
  throw new TileError('path', { what: `"${path.slice(0, 80)}" is not the path of a tile or bundle` });
}

/** Width of the tile that holds hash number `TILE_WIDTH·index` of its level in a tree of `size`; 0 when there is none. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Every tile of a tree of `size`: per level the full ones, then the partial one if its width is not zero. */
export function* tilesOf(size: number): Generator<Tile> {
  yield* newTiles(0, size);
}

/**
 * The tiles of a tree of `size` that are not tiles of a tree of `oldSize`: what a log writes, and a mirror fetches, to
 * grow. Partial tiles of sizes in between are left out.
 */
export function* newTiles(oldSize: number, size: number): Generator<Tile> {
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    const oldHashes = Math.floor(oldSize / TILE_WIDTH ** level);
    const hashes = Math.floor(size / TILE_WIDTH ** level);
    if (hashes === oldHashes) continue;
    for (let index = Math.floor(oldHashes / TILE_WIDTH); index * TILE_WIDTH < hashes; index++) {
      yield { level, index, width: tileWidth(level, index, size) };
    }
  }
}

/** The bundles of a tree of `size` that are not bundles of a tree of `oldSize`. */
export function* newBundles(oldSize: number, size: number): Generator<BundleAddress> {
  if (oldSize === size) return;
  for (let index = Math.floor(oldSize / TILE_WIDTH); index * TILE_WIDTH < size; index++) {
    yield { index, width: tileWidth(0, index, size) };
  }
}

/** The same tile or bundle when it is full: where to look when a partial one was deleted ("Partial Tiles"). */
export function fullOf<T extends BundleAddress>(tile: T): T {
  return { ...tile, width: TILE_WIDTH };
}

function numberedPath({ index, width }: BundleAddress): string {
  return width === TILE_WIDTH ? indexPath(index) : `${indexPath(index)}.p/${width}`;
}

/** Three-digit groups, all but the last marked x. */
function indexPath(index: number): string {
  const groups = [String(index % 1_000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    groups.unshift(`x${String(rest % 1_000).padStart(3, '0')}`);
  }
  return groups.join('/');
}
