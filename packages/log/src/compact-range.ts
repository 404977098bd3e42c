/** The right edge of a growing tree: appends leaf hashes, gives the root, keeps one hash per set bit of the size. */
import { ProofError } from './errors.ts';
import { emptyRoot, nodeHash } from './merkle.ts';

/** Told of each complete node as soon as it exists: `level` 0 is a leaf; the node covers leaves [index·2^level, …). */
export type NodeVisitor = (level: number, index: number, hash: Uint8Array) => void;

/**
 * A tree of `size` leaves kept as the roots of its perfect subtrees, largest first. The root is the same as RFC 6962's
 * because its split points are exactly the boundaries of those subtrees.
 */
export class CompactRange {
  #size = 0;
  readonly #peaks: Uint8Array[] = [];

  /** A range that continues a tree of `size` leaves from the peaks that {@link peaks} gave. @throws ProofError `length` */
  static from(size: number, peaks: readonly Uint8Array[]): CompactRange {
    const range = new CompactRange();
    const expected = bitCount(size);
    if (peaks.length !== expected) {
      const what = `a tree of ${size} leaves has ${expected} peaks, not ${peaks.length}`;
      throw new ProofError('length', { what });
    }
    range.#size = size;
    range.#peaks.push(...peaks);
    return range;
  }

  get size(): number {
    return this.#size;
  }

  /** Roots of the perfect subtrees, largest first. */
  get peaks(): readonly Uint8Array[] {
    return [...this.#peaks];
  }

  /** Adds one leaf hash. @param visit told of the leaf and of every node that it completes, in that order */
  append(leaf: Uint8Array, visit?: NodeVisitor): void {
    let index = this.#size;
    let hash = leaf;
    let level = 0;
    visit?.(level, index, hash);
    while (index % 2 === 1) {
      hash = nodeHash(this.#peaks.pop() as Uint8Array, hash);
      index = (index - 1) / 2;
      level++;
      visit?.(level, index, hash);
    }
    this.#peaks.push(hash);
    this.#size++;
  }

  /** The RFC 6962 root of the leaves so far. */
  root(): Uint8Array {
    const last = this.#peaks.at(-1);
    return last === undefined
      ? emptyRoot()
      : this.#peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }

  /** An independent copy. */
  clone(): CompactRange {
    return CompactRange.from(this.#size, this.#peaks);
  }
}

function bitCount(size: number): number {
  let count = 0;
  for (let n = size; n > 0; n = Math.floor(n / 2)) count += n % 2;
  return count;
}
