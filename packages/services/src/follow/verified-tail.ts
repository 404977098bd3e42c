/** The growing end of a log, re-hashed as it is read: no entry is believed before a signed root covers it. */
import { AssayError, equal, hex } from '@assay/core';
import { CompactRange, leafHash } from '@assay/log';

/** A log whose bytes contradict its checkpoints. */
export class FollowError extends AssayError<'root-mismatch' | 'split-view' | 'shrunk'> {}

/** What of a checkpoint the entries are held against. */
interface SizedRoot {
  readonly size: number;
  readonly root: Uint8Array;
}

type TreeFault = 'root-mismatch' | 'split-view';

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

  /** Checks a checkpoint against the entries read. @throws FollowError */
  check({ size, root }: SizedRoot, code: TreeFault): void {
    const read = this.rootAt(size);
    if (read !== undefined) assertSame(read, { size, root }, code);
  }

  /**
   * Checks a checkpoint and folds everything below its size into the compact range: roots before it can no longer be
   * asked. One that lies before the last settled size says nothing any more.
   *
   * @throws FollowError
   */
  settle({ size, root }: SizedRoot, code: TreeFault): void {
    const count = size - this.#settled.size;
    if (count < 0) return;
    const range = this.#rangeAt(size);
    assertSame(range.root(), { size, root }, code);
    this.#settled = range;
    this.#leaves.splice(0, count);
  }

  #rangeAt(size: number): CompactRange {
    const range = this.#settled.clone();
    for (const leaf of this.#leaves.slice(0, size - this.#settled.size)) range.append(leaf);
    return range;
  }
}

function assertSame(read: Uint8Array, { size, root }: SizedRoot, code: TreeFault): void {
  if (equal(read, root)) return;
  throw new FollowError(code, {
    what: `the first ${size} entries hash to ${hex(read)}, and a signed checkpoint says ${hex(root)}`,
    fix: 'Stop relying on this log, and keep both: they are proof against its operator.',
  });
}
