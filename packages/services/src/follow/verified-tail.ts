/** The growing end of a log, re-hashed as it is read: no entry is believed before a signed root covers it. */
import { AssayError, equal, hex } from '@assay/core';
import { CompactRange, leafHash } from '@assay/log';

/** A log whose bytes contradict its checkpoints. */
export class FollowError extends AssayError<'root-mismatch' | 'split-view' | 'shrunk'> {}

/** The tree over all entries read so far, able to give its root at any size since the last settled one. */
export class VerifiedTail {
  #settled = new CompactRange();
  #leaves: Uint8Array[] = [];
  /** Settled and unsettled entries together: most checkpoints are over all that was read. */
  #whole = new CompactRange();

  get size(): number {
    return this.#settled.size + this.#leaves.length;
  }

  append(entry: Uint8Array): void {
    const leaf = leafHash(entry);
    this.#leaves.push(leaf);
    this.#whole.append(leaf);
  }

  /** Drops entries that no root covered: the reader starts again from `size`. */
  truncate(size: number): void {
    this.#leaves.length = size - this.#settled.size;
    this.#whole = this.#rangeAt(size);
  }

  /** Root at a size, or undefined for one that lies before the last settled size. */
  rootAt(size: number): Uint8Array | undefined {
    if (size < this.#settled.size) return undefined;
    return (size === this.size ? this.#whole : this.#rangeAt(size)).root();
  }

  #rangeAt(size: number): CompactRange {
    const range = this.#settled.clone();
    for (const leaf of this.#leaves.slice(0, size - this.#settled.size)) range.append(leaf);
    return range;
  }

  /** Checks a checkpoint against the entries read. @throws FollowError */
  check(checkpoint: { size: number; root: Uint8Array }, code: 'root-mismatch' | 'split-view'): void {
    const root = this.rootAt(checkpoint.size);
    if (root === undefined || equal(root, checkpoint.root)) return;
    throw new FollowError(code, {
      what: `the first ${checkpoint.size} entries hash to ${hex(root)}, and a signed checkpoint says ${hex(checkpoint.root)}`,
      fix: 'Stop relying on this log, and keep both: they are proof against its operator.',
    });
  }

  /** Folds everything below `size` into the compact range; roots before it can no longer be asked. */
  settle(size: number): void {
    const count = size - this.#settled.size;
    for (const leaf of this.#leaves.slice(0, count)) this.#settled.append(leaf);
    this.#leaves = this.#leaves.slice(Math.max(0, count));
  }
}
