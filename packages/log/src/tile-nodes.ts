/** Reading tree nodes out of tiles (c2sp.org/tlog-tiles): the bridge from stored bytes to proofs. */
import { TileError } from './errors.ts';
import { HASH_BYTES, nodeHash } from './merkle.ts';
import type { NodeAddress, NodeReader } from './merkle-build.ts';
import { type Tile, TILE_HEIGHT, TILE_WIDTH, tilePath, tileWidth } from './tile.ts';

/**
 * The hashes of one tile. A tile stores only its bottom row; the rows above are hashed when first asked for and kept,
 * because rebuilding them is most of the cost of a proof.
 */
export class TileHashes {
  readonly width: number;
  readonly #rows: Uint8Array[][];

  /** @param bytes `width` hashes of 32 bytes @throws TileError `bytes` */
  constructor(bytes: Uint8Array) {
    this.width = bytes.length / HASH_BYTES;
    if (!Number.isInteger(this.width) || this.width < 1 || this.width > TILE_WIDTH) {
      throw new TileError('bytes', {
        what: `a tile is 1 to ${TILE_WIDTH} hashes of ${HASH_BYTES} bytes, not ${bytes.length} bytes`,
      });
    }
    const bottom = Array.from({ length: this.width }, (_, i) =>
      bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
    );
    this.#rows = [bottom];
  }

  /** Node `offset` of row `row` (0 is the stored row). @throws TileError `not-in-tree` if the tile is too narrow for it */
  node(row: number, offset: number): Uint8Array {
    const hash = this.#row(row)[offset];
    if (hash !== undefined) return hash;
    throw new TileError('not-in-tree', {
      what: `a tile of width ${this.width} has no complete node ${offset} in row ${row}`,
    });
  }

  #row(row: number): Uint8Array[] {
    for (let next = this.#rows.length; next <= row; next++) {
      const below = this.#rows[next - 1] as Uint8Array[];
      const pairs = Math.floor(below.length / 2);
      this.#rows.push(
        Array.from({ length: pairs }, (_, i) =>
          nodeHash(below[2 * i] as Uint8Array, below[2 * i + 1] as Uint8Array),
        ),
      );
    }
    return this.#rows[row] as Uint8Array[];
  }
}

/** Where a node is: its tile in a tree of `size`, and row and offset inside. @throws TileError `not-in-tree` */
export function tileOfNode(node: NodeAddress, size: number): { tile: Tile; row: number; offset: number } {
  const row = node.level % TILE_HEIGHT;
  const level = (node.level - row) / TILE_HEIGHT;
  const perTile = TILE_WIDTH / 2 ** row;
  const index = Math.floor(node.index / perTile);
  const offset = node.index - index * perTile;
  const width = tileWidth(level, index, size);
  if ((offset + 1) * 2 ** row > width) {
    throw new TileError('not-in-tree', {
      what: `a tree of ${size} leaves has no complete node ${node.index} at level ${node.level}`,
    });
  }
  return { tile: { level, index, width }, row, offset };
}

/** The tiles that hold the given nodes in a tree of `size`, each once: what to fetch before a proof. */
export function tilesForNodes(nodes: readonly NodeAddress[], size: number): Tile[] {
  const tiles = nodes.map((node) => tileOfNode(node, size).tile);
  return [...new Map(tiles.map((tile) => [tilePath(tile), tile])).values()];
}

/** A node reader over the tiles of a tree of `size`. @param load gives a tile's hashes, from memory */
export function tileNodeReader(size: number, load: (tile: Tile) => TileHashes): NodeReader {
  return (level, index) => {
    const { tile, row, offset } = tileOfNode({ level, index }, size);
    return load(tile).node(row, offset);
  };
}
