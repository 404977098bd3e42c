/**
 * The public files of a log: tiles and entry bundles under `public/`, derived from the entries.
 *
 * Full ones wait in memory until they are written, so that a group commit never waits for them. All of it can be made
 * again from the segments, hence written by rename and not synced; `flush.ts` makes it durable before a segment goes.
 */
import { encodeBundle } from '../bundle.ts';
import { type BundleAddress, bundlePath, type Tile, TILE_WIDTH, tilePath, tileWidth } from '../tile.ts';
import { GrowingTile } from './growing-tile.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';

/** Where everything public lives: any static server can serve this folder as the log. */
export const PUBLIC = 'public';

/** Path of the published checkpoint. */
export const CHECKPOINT_PATH = `${PUBLIC}/checkpoint`;

export const publicTilePath = (tile: Tile): string => `${PUBLIC}/${tilePath(tile)}`;
export const publicBundlePath = (bundle: BundleAddress): string => `${PUBLIC}/${bundlePath(bundle)}`;

/** Written or waiting tiles and bundles, and a cache of recent tiles with their inner nodes. */
export class PublicFiles {
  readonly #files: LogFiles;
  readonly #cacheSize: number;
  readonly #waiting = new Map<string, Uint8Array>();
  readonly #tiles = new Map<string, GrowingTile>();

  /** @param cacheSize tiles kept in memory, 16 KiB each */
  constructor(files: LogFiles, cacheSize: number) {
    this.#files = files;
    this.#cacheSize = cacheSize;
  }

  /** Full tiles and bundles not yet written. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a tile that just became full. */
  addTile(level: number, index: number, tile: GrowingTile): void {
    const path = publicTilePath({ level, index, width: TILE_WIDTH });
    this.#waiting.set(path, tile.bytes(TILE_WIDTH));
    this.remember(path, tile);
  }

  /** Takes a bundle that just became full. */
  addBundle(index: number, entries: readonly Uint8Array[]): void {
    this.#waiting.set(publicBundlePath({ index, width: TILE_WIDTH }), encodeBundle(entries));
  }

  /** Writes everything that waits. Later readers find it on disk. */
  async writeWaiting(): Promise<void> {
    for (const [path, bytes] of this.#waiting) {
      await this.#files.replace(path, bytes);
      this.#waiting.delete(path);
    }
  }

  /** Writes one partial tile or bundle. */
  async write(path: string, bytes: Uint8Array): Promise<void> {
    await this.#files.replace(path, bytes);
  }

  /** A full tile with its inner nodes. @throws LogError `missing` | `corrupt` */
  async fullTile(level: number, index: number): Promise<GrowingTile> {
    const path = publicTilePath({ level, index, width: TILE_WIDTH });
    const known = this.#tiles.get(path);
    if (known !== undefined) return known;
    const bytes = await this.read(path);
    if (bytes.length !== TILE_WIDTH * 32)
      throw corrupt(path, `a full tile has 8,192 bytes, not ${bytes.length}`);
    const tile = GrowingTile.from(bytes);
    this.remember(path, tile);
    return tile;
  }

  /** A public file, written or waiting. @throws LogError `missing` */
  async read(path: string): Promise<Uint8Array> {
    const bytes = this.#waiting.get(path) ?? (await this.#files.read(path));
    if (bytes !== undefined) return bytes;
    throw new LogError('missing', {
      what: `${path} is part of the tree and is not there`,
      where: path,
      fix: 'Run fsck; restore the file from a mirror.',
    });
  }

  /** Keeps a full tile's nodes at hand, the least recently added going first. */
  remember(path: string, tile: GrowingTile): void {
    this.#tiles.set(path, tile);
    if (this.#tiles.size <= this.#cacheSize) return;
    const [oldest] = this.#tiles.keys();
    if (oldest !== undefined) this.#tiles.delete(oldest);
  }
}

/** The partial tiles of a tree of `size`: one per level whose width is neither zero nor full. */
export function partialTiles(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    const index = Math.floor(size / TILE_WIDTH ** (level + 1));
    const width = tileWidth(level, index, size);
    if (width > 0) tiles.push({ level, index, width });
  }
  return tiles;
}

/** An error for bytes that were durable and are wrong now. */
export function corrupt(where: string, what: string): LogError {
  return new LogError('corrupt', {
    what,
    where,
    fix: 'Do not sign; run fsck, and restore the file from a mirror.',
  });
}
