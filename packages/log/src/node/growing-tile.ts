/** One tile that fills up, with every node above its hashes computed once, when it becomes complete. */
import { HASH_BYTES, nodeHash } from '../merkle.ts';
import { TILE_HEIGHT, TILE_WIDTH } from '../tile.ts';

/**
 * The nodes of one tile: its bottom row and the rows above, in one buffer of 16 KiB.
 *
 * Unlike the pure half's `TileHashes`, which reads a finished tile, this one grows and never hashes a node twice.
 */
export class GrowingTile {
  readonly #hashes = new Uint8Array((2 * TILE_WIDTH - 1) * HASH_BYTES);
  #width = 0;

  /** The nodes of a stored tile. @param tile whole 32-byte hashes, at most 256 */
  static from(tile: Uint8Array): GrowingTile {
    const nodes = new GrowingTile();
    for (let at = 0; at < tile.length; at += HASH_BYTES) nodes.push(tile.subarray(at, at + HASH_BYTES));
    return nodes;
  }

  /** Bottom hashes so far, at most 256. */
  get width(): number {
    return this.#width;
  }

  /** Adds a bottom hash and hashes every node that it completes. */
  push(hash: Uint8Array): void {
    let at = this.#width++;
    let row = 0;
    this.#hashes.set(hash, byteOf(row, at));
    while (at % 2 === 1) {
      const parent = nodeHash(this.node(row, at - 1), this.node(row, at));
      row++;
      at = (at - 1) / 2;
      this.#hashes.set(parent, byteOf(row, at));
    }
  }

  /** A view of a complete node; the caller knows that it exists. */
  node(row: number, at: number): Uint8Array {
    const start = byteOf(row, at);
    return this.#hashes.subarray(start, start + HASH_BYTES);
  }

  /** The root of a full tile. */
  root(): Uint8Array {
    return this.node(TILE_HEIGHT, 0);
  }

  /** The tile as it is stored at `width`, which is at most its own: a copy of that many bottom hashes. */
  bytes(width: number): Uint8Array {
    return this.#hashes.slice(0, width * HASH_BYTES);
  }
}

/** Row r starts after the 256 + 128 + … hashes of the rows below it. */
const byteOf = (row: number, at: number): number =>
  (2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> row) + at) * HASH_BYTES;
