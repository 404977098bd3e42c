/** Leaf hashes of a whole log, 32 bytes each, and the root of any prefix of them. */
import { CompactRange, HASH_BYTES, type NodeVisitor, TILE_HEIGHT, TILE_WIDTH } from '@assay/log';

/** Grows by whole bundles; only the last may be partial. Some 34 bytes of memory for each entry. */
export class Leaves {
  readonly #chunks: Uint8Array[] = [];
  /** The tree before each chunk, so that any prefix is at most one chunk of hashing away. */
  readonly #before: CompactRange[] = [];
  readonly #range = new CompactRange();
  readonly #upper: Uint8Array[][] = [];

  get size(): number {
    return this.#range.size;
  }

  /** Adds one bundle's leaf hashes. */
  addChunk(hashes: readonly Uint8Array[]): void {
    const chunk = new Uint8Array(hashes.length * HASH_BYTES);
    this.#before.push(this.#range.clone());
    for (const [i, hash] of hashes.entries()) {
      chunk.set(hash, i * HASH_BYTES);
      this.#range.append(chunk.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES), this.#keepUpper);
    }
    this.#chunks.push(chunk);
  }

  /** Hash of leaf `index`. */
  leaf(index: number): Uint8Array {
    const at = (index % TILE_WIDTH) * HASH_BYTES;
    return (this.#chunks[Math.floor(index / TILE_WIDTH)] as Uint8Array).subarray(at, at + HASH_BYTES);
  }

  /** The hashes that the tiles of a level above 0 hold, from the first on: one for each full tile below. */
  tileHashes(level: number): readonly Uint8Array[] {
    return this.#upper[level] ?? [];
  }

  /** Root of the first `size` leaves. @throws RangeError beyond the leaves there are */
  rootAt(size: number): Uint8Array {
    if (size > this.size) throw new RangeError(`there are ${this.size} leaves, not ${size}`);
    const range = this.wholeChunks(size);
    for (let index = range.size; index < size; index++) range.append(this.leaf(index));
    return range.root();
  }

  /** The tree of the whole chunks among the first `size` leaves, to go on from. */
  wholeChunks(size: number): CompactRange {
    return (this.#before[Math.floor(size / TILE_WIDTH)] ?? this.#range).clone();
  }

  readonly #keepUpper: NodeVisitor = (level, _, hash) => {
    if (level > 0 && level % TILE_HEIGHT === 0) (this.#upper[level / TILE_HEIGHT] ??= []).push(hash);
  };

  /** The same leaves with some replaced. */
  with(replaced: ReadonlyMap<number, Uint8Array>): Leaves {
    const copy = new Leaves();
    for (let start = 0; start < this.size; start += TILE_WIDTH) {
      const width = Math.min(TILE_WIDTH, this.size - start);
      copy.addChunk(Array.from({ length: width }, (_, i) => replaced.get(start + i) ?? this.leaf(start + i)));
    }
    return copy;
  }
}
