/** The part of fsck that holds stored tiles and bundles, full and partial, against a tree rebuilt from the entries. */
import { equal } from '@assay/core';
import { encodeBundle } from '../bundle.ts';
import { TILE_WIDTH, tileWidth } from '../tile.ts';
import type { GrowingTile } from './growing-tile.ts';
import type { LogFiles } from './log-files.ts';
import type { LogTree, TileSink } from './log-tree.ts';
import { partialTiles, publicBundlePath, publicTilePath } from './public-files.ts';

/** One thing that is wrong with a log on disk. */
export interface FsckFinding {
  readonly code:
    | 'row-missing' // nothing says which tree was signed
    | 'segment-short' // the row covers bytes that the segment does not have: a restored snapshot
    | 'entries-damaged' // the entries do not lead to the signed root
    | 'bundle-missing'
    | 'bundle-mismatch' // a stored bundle is not the entries
    | 'tile-missing'
    | 'tile-mismatch' // a stored tile is not what the entries lead to
    | 'index-damaged' // what a start would have to make again from the entries
    | 'checkpoint-mismatch'
    | 'checkpoint-signature';
  /** File, below the log's directory. */
  readonly where: string;
  readonly what: string;
}

/** Something stored at several widths, of which the widest is known. */
interface Stored {
  readonly code: 'tile-mismatch' | 'bundle-mismatch';
  readonly missing: 'tile-missing' | 'bundle-missing';
  readonly path: string;
  /** Tile level, 0 for a bundle, and index. */
  readonly level: number;
  readonly index: number;
  readonly width: number;
  readonly bytes: (width: number) => Uint8Array;
}

/** Takes the rebuilt tiles as they fill and compares what is stored. */
export class TileAudit implements TileSink {
  readonly findings: FsckFinding[] = [];
  readonly #files: LogFiles;
  readonly #neededTo: number;
  #due: Stored[] = [];

  /** @param neededTo tree size whose files must be there; those beyond may be */
  constructor(files: LogFiles, neededTo: number) {
    this.#files = files;
    this.#neededTo = neededTo;
  }

  addTile(level: number, index: number, tile: GrowingTile): void {
    this.#due.push(storedTile(level, index, { width: TILE_WIDTH, bytes: (width) => tile.bytes(width) }));
  }

  addBundle(index: number, entries: readonly Uint8Array[]): void {
    this.#due.push(storedBundle(index, entries));
  }

  /** Compares everything that filled since the last call. */
  async compare(): Promise<void> {
    for (const stored of this.#due) await this.#compare(stored);
    this.#due = [];
  }

  /** Compares the partial tiles and the partial bundle at the right edge. */
  async unfinished(tree: LogTree): Promise<void> {
    const { size } = tree;
    for (const tile of partialTiles(size)) {
      const bytes = await tree.tile(tile);
      const cut = (width: number): Uint8Array => bytes.subarray(0, width * 32);
      this.#due.push(storedTile(tile.level, tile.index, { width: tile.width, bytes: cut }));
    }
    if (size % TILE_WIDTH > 0) this.#due.push(storedBundle(Math.floor(size / TILE_WIDTH), tree.tail));
    await this.compare();
  }

  async #compare(stored: Stored): Promise<void> {
    const widths = await this.#partialWidths(stored);
    const full = stored.width === TILE_WIDTH ? await this.#files.read(stored.path) : undefined;
    if (full !== undefined) this.#judge(stored, { where: stored.path, found: full, width: TILE_WIDTH });
    else if (!this.#mayBeAbsent(stored, widths)) {
      this.findings.push({
        code: stored.missing,
        where: stored.path,
        what: 'the checkpoint covers it, and it is not there',
      });
    }
    for (const width of widths) {
      const where = `${stored.path}.p/${width}`;
      const found = await this.#files.read(where);
      if (found !== undefined) this.#judge(stored, { where, found, width });
    }
  }

  async #partialWidths({ path, width }: Stored): Promise<number[]> {
    const names = await this.#files.list(`${path}.p`);
    return names.map(Number).filter((stored) => stored > 0 && stored <= width);
  }

  /** Full ones are needed once a needed tree has them; the right edge of the needed tree must be there at its width. */
  #mayBeAbsent({ level, index, width }: Stored, widths: readonly number[]): boolean {
    const needed = tileWidth(level, index, this.#neededTo);
    return (
      needed === 0 || (needed < TILE_WIDTH && widths.some((stored) => stored >= needed)) || needed > width
    );
  }

  #judge(stored: Stored, { where, found, width }: { where: string; found: Uint8Array; width: number }): void {
    const expected = stored.bytes(width);
    if (equal(expected, found)) return;
    const at = found.findIndex((byte, i) => byte !== expected[i]);
    const what = `differs from what the entries lead to, from byte ${at < 0 ? found.length : at} on`;
    this.findings.push({ code: stored.code, where, what });
  }
}

function storedTile(
  level: number,
  index: number,
  content: { width: number; bytes: (width: number) => Uint8Array },
): Stored {
  const path = publicTilePath({ level, index, width: TILE_WIDTH });
  return { code: 'tile-mismatch', missing: 'tile-missing', path, level, index, ...content };
}

function storedBundle(index: number, entries: readonly Uint8Array[]): Stored {
  return {
    code: 'bundle-mismatch',
    missing: 'bundle-missing',
    path: publicBundlePath({ index, width: TILE_WIDTH }),
    level: 0,
    index,
    width: entries.length,
    bytes: (width) => encodeBundle(entries.slice(0, width)),
  };
}
