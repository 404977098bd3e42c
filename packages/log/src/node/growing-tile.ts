/** One tile that fills up, with every node above its hashes computed once, when it becomes complete. */
import { hash } from 'node:crypto';
import { HASH_BYTES } from '../merkle.ts';
import { TILE_HEIGHT, TILE_WIDTH } from '../tile.ts';

// Hashing is synchronous, so one input buffer serves all. The digest comes back as a binary string, which node:crypto
// makes in a third of the time of a buffer, and goes straight to its place: this is the hottest code of the log.
const leafInput = Buffer.alloc(1 + 0xffff);
leafInput[0] = 0x00;
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES);
nodeInput[0] = 0x01;

/**
 * The nodes of one tile: its bottom row and the rows above, in one buffer of 16 KiB.
 *
 * Unlike the pure half's `TileHashes`, which reads a finished tile, this one grows and never hashes a node twice. The
 * hashes are those of `leafHash` and `nodeHash` (RFC 6962 §2.1); a test holds them to it.
 */
export class GrowingTile {
  readonly #bytes = new Uint8Array((2 * TILE_WIDTH - 1) * HASH_BYTES);
  // The same memory, for writing digests. It never leaves this class: a Buffer's slice is not a copy.
  readonly #hashes = Buffer.from(this.#bytes.buffer);
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
  push(bottom: Uint8Array): void {
    this.#bytes.set(bottom, byteOf(0, this.#width));
    this.#complete();
  }

  /** Adds the leaf hash of an entry of at most 65,535 bytes. */
  pushEntry(entry: Uint8Array): void {
    leafInput.set(entry, 1);
    this.#write(0, this.#width, leafInput.subarray(0, 1 + entry.length));
    this.#complete();
  }

  /** A view of a complete node; the caller knows that it exists. */
  node(row: number, at: number): Uint8Array {
    const start = byteOf(row, at);
    return this.#bytes.subarray(start, start + HASH_BYTES);
  }

  /** The root of a full tile. */
  root(): Uint8Array {
    return this.node(TILE_HEIGHT, 0);
  }

  /** The tile as it is stored at `width`, which is at most its own: a copy of that many bottom hashes. */
  bytes(width: number): Uint8Array {
    return this.#bytes.slice(0, width * HASH_BYTES);
  }

  /** Hashes upward from the bottom hash just written, for as long as it is a right child. */
  #complete(): void {
    let at = this.#width++;
    for (let row = 0; at % 2 === 1; row++) {
      // Siblings stand side by side.
      const left = byteOf(row, at - 1);
      this.#hashes.copy(nodeInput, 1, left, left + 2 * HASH_BYTES);
      at = (at - 1) / 2;
      this.#write(row + 1, at, nodeInput);
    }
  }

  #write(row: number, at: number, input: Uint8Array): void {
    this.#hashes.write(hash('sha256', input, 'binary'), byteOf(row, at), HASH_BYTES, 'binary');
  }
}

/** Row r starts after the 256 + 128 + … hashes of the rows below it. */
const byteOf = (row: number, at: number): number =>
  (2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> row) + at) * HASH_BYTES;
