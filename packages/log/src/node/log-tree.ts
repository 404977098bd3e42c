/** The state of a log in memory: entries go in, the tree grows, tiles and bundles come out. The only way in is `integrate`. */
import { decodeBundle, encodeBundle } from '../bundle.ts';
import {
  consistencyNodes,
  consistencyProof,
  inclusionNodes,
  inclusionProof,
  type NodeAddress,
  type NodeReader,
  rootNodes,
  treeRoot,
} from '../merkle-build.ts';
import { tileOfNode } from '../tile-nodes.ts';
import { type BundleAddress, bundlePath, type Tile, TILE_WIDTH, tilePath, tileWidth } from '../tile.ts';
import type { GrowingTile } from './growing-tile.ts';
import { LogError } from './log-error.ts';
import { partialTiles, type PublicFiles, publicBundlePath, publicTilePath } from './public-files.ts';
import { TileTree } from './tile-tree.ts';

/** What receives full tiles and bundles: the public files, or, while durable ones are read back, their check. */
export interface TileSink {
  addTile(level: number, index: number, tile: GrowingTile): void;
  addBundle(index: number, entries: readonly Uint8Array[]): void;
}

/** The tree of a log and its unfinished bundle. */
export class LogTree {
  readonly #public: PublicFiles;
  readonly #tree: TileTree;
  #sink: TileSink;
  #tail: Uint8Array[] = [];

  constructor(publicFiles: PublicFiles) {
    this.#public = publicFiles;
    this.#sink = publicFiles;
    this.#tree = new TileTree((level, index, tile) => this.#sink.addTile(level, index, tile));
  }

  get size(): number {
    return this.#tree.size;
  }

  /** RFC 6962 root of all entries. */
  root(): Uint8Array {
    return this.#tree.root();
  }

  /** The entries of the unfinished bundle. */
  get tail(): readonly Uint8Array[] {
    return this.#tail;
  }

  /** Sends full tiles and bundles elsewhere from now on. */
  drainInto(sink: TileSink): void {
    this.#sink = sink;
  }

  /** Adds one entry. @param entry its bytes as read from a file, so that what is signed is what is stored */
  integrate(entry: Uint8Array): void {
    this.#tail.push(entry);
    if (this.#tail.length === TILE_WIDTH) {
      this.#sink.addBundle(Math.floor(this.size / TILE_WIDTH), this.#tail);
      this.#tail = [];
    }
    this.#tree.append(entry);
  }

  /** Writes every file that a reader of the tree of `size` needs; a partial one only where the full one is not there. */
  async writeFiles(size: number): Promise<void> {
    await this.#writePartials(size);
    // Second: what was unfinished above may have become full meanwhile, and waits now.
    await this.#public.writeWaiting();
  }

  /** The entry at `index`. @throws LogError `not-covered` */
  async entry(index: number): Promise<Uint8Array> {
    this.#mustCover(index, this.size);
    return (await this.#entriesOf(Math.floor(index / TILE_WIDTH)))[index % TILE_WIDTH] as Uint8Array;
  }

  /** The bytes of a tile of any width that the tree has by now. @throws LogError `not-covered` */
  async tile(tile: Tile): Promise<Uint8Array> {
    this.#mustHave(tile.width <= tileWidth(tile.level, tile.index, this.size), tilePath(tile));
    return (await this.#growing(tile)).bytes(tile.width);
  }

  /** The bytes of an entry bundle of any width that the log has by now. @throws LogError `not-covered` */
  async bundle(bundle: BundleAddress): Promise<Uint8Array> {
    this.#mustHave(bundle.width <= tileWidth(0, bundle.index, this.size), bundlePath(bundle));
    if (bundle.width === TILE_WIDTH) return this.#public.read(publicBundlePath(bundle));
    return encodeBundle((await this.#entriesOf(bundle.index)).slice(0, bundle.width));
  }

  /** Root of the first `size` entries. @throws LogError `not-covered` */
  async rootAt(size: number): Promise<Uint8Array> {
    this.#mustHold(size);
    return treeRoot(size, await this.#reader(rootNodes(size), size)).slice();
  }

  /** Inclusion proof, leaf sibling first. @throws LogError `not-covered` */
  async inclusion(index: number, size: number): Promise<Uint8Array[]> {
    this.#mustHold(size);
    this.#mustCover(index, size);
    return inclusionProof(index, size, await this.#reader(inclusionNodes(index, size), size));
  }

  /** Consistency proof between two prefixes. @throws LogError `not-covered` */
  async consistency(oldSize: number, size: number): Promise<Uint8Array[]> {
    this.#mustHold(size);
    return consistencyProof(oldSize, size, await this.#reader(consistencyNodes(oldSize, size), size));
  }

  async #writePartials(size: number): Promise<void> {
    const bundle = { index: Math.floor(size / TILE_WIDTH), width: size % TILE_WIDTH };
    if (bundle.width > 0 && bundle.index === Math.floor(this.size / TILE_WIDTH)) {
      await this.#public.write(publicBundlePath(bundle), encodeBundle(this.#tail.slice(0, bundle.width)));
    }
    for (const tile of partialTiles(size)) {
      const bytes = this.#tree.unfinished(tile.level, tile.index)?.bytes(tile.width);
      if (bytes !== undefined) await this.#public.write(publicTilePath(tile), bytes);
    }
  }

  async #entriesOf(bundle: number): Promise<readonly Uint8Array[]> {
    if (bundle === Math.floor(this.size / TILE_WIDTH)) return this.#tail;
    return decodeBundle(
      await this.#public.read(publicBundlePath({ index: bundle, width: TILE_WIDTH })),
      TILE_WIDTH,
    );
  }

  async #growing({ level, index }: { level: number; index: number }): Promise<GrowingTile> {
    return this.#tree.unfinished(level, index) ?? (await this.#public.fullTile(level, index));
  }

  /** Fetches the tiles of `nodes`, then reads from them without waiting. */
  async #reader(nodes: readonly NodeAddress[], size: number): Promise<NodeReader> {
    const tiles = new Map<string, GrowingTile>();
    for (const node of nodes) {
      const { level, index } = tileOfNode(node, size).tile;
      const key = tilePath({ level, index, width: TILE_WIDTH });
      if (tiles.has(key)) continue;
      tiles.set(key, await this.#growing({ level, index }));
    }
    return (level, index) => {
      const { tile, row, offset } = tileOfNode({ level, index }, size);
      return (tiles.get(tilePath({ ...tile, width: TILE_WIDTH })) as GrowingTile).node(row, offset);
    };
  }

  #mustHave(isThere: boolean, path: string): void {
    if (isThere) return;
    throw new LogError('not-covered', { what: `a log of ${this.size} entries has no ${path}`, where: path });
  }

  #mustHold(size: number): void {
    if (Number.isSafeInteger(size) && size >= 0 && size <= this.size) return;
    throw new LogError('not-covered', {
      what: `the log has ${this.size} entries; there is no tree of ${size}`,
    });
  }

  #mustCover(index: number, size: number): void {
    if (Number.isSafeInteger(index) && index >= 0 && index < size) return;
    throw new LogError('not-covered', { what: `a tree of ${size} entries has no entry ${index}` });
  }
}
