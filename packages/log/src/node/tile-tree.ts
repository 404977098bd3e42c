/**
 * The growing tree, kept as its right edge of unfinished tiles.
 *
 * Level 0 takes the hashes of entries; a tile that fills is handed over, and its root becomes the next hash of the level above.
 * Every complete node on the right edge therefore lies in an unfinished tile, which is all that a root needs.
 */
import { treeRoot } from '../merkle-build.ts';
import { tileOfNode } from '../tile-nodes.ts';
import { TILE_WIDTH } from '../tile.ts';
import { GrowingTile } from './growing-tile.ts';

/** Told of each tile the moment it is full. */
export type FullTileVisitor = (level: number, index: number, tile: GrowingTile) => void;

/** A tree that only grows. */
export class TileTree {
  readonly #onFull: FullTileVisitor;
  readonly #edge: GrowingTile[] = [];
  #size = 0;

  constructor(onFull: FullTileVisitor) {
    this.#onFull = onFull;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the leaf of one entry. */
  append(entry: Uint8Array): void {
    this.#size++;
    this.#edgeOf(0).pushEntry(entry);
    // A tile that is full hands its root to the level above, which may fill in turn.
    for (let level = 0; this.#edgeOf(level).width === TILE_WIDTH; level++) {
      const full = this.#edgeOf(level);
      this.#onFull(level, this.#size / TILE_WIDTH ** (level + 1) - 1, full);
      this.#edge[level] = new GrowingTile();
      this.#edgeOf(level + 1).push(full.root());
    }
  }

  /** RFC 6962 root of everything appended. */
  root(): Uint8Array {
    const root = treeRoot(this.#size, (level, index) => {
      const { tile, row, offset } = tileOfNode({ level, index }, this.#size);
      const edge = this.#edge[tile.level];
      if (edge === undefined)
        throw new RangeError(`node ${index} of level ${level} is not on the right edge`);
      return edge.node(row, offset);
    });
    // A single node comes back as a view of a tile's buffer; the caller may keep what it gets.
    return root.slice();
  }

  /** The unfinished tile of `level`, if `index` is the one. */
  unfinished(level: number, index: number): GrowingTile | undefined {
    return index === Math.floor(this.#size / TILE_WIDTH ** (level + 1)) ? this.#edge[level] : undefined;
  }

  #edgeOf(level: number): GrowingTile {
    return (this.#edge[level] ??= new GrowingTile());
  }
}
