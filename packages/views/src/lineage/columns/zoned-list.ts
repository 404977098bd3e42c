/** A list of records cut into blocks that know their time span, so that a window skips what it cannot touch. */
import { f64Column, u32Column } from './column.ts';

export class ZonedList {
  readonly items = u32Column();
  readonly #block: number;
  readonly #lo = f64Column();
  readonly #hi = f64Column();

  /** @param block items per block: small enough that one hit is cheap, large enough that there are few blocks */
  constructor(block: number) {
    this.#block = block;
  }

  get length(): number {
    return this.items.length;
  }

  get blocks(): number {
    return this.#lo.length;
  }

  /** Appends an item whose time lies in [lo, hi]. */
  push(item: number, lo: number, hi: number): void {
    const block = Math.floor(this.items.length / this.#block);
    if (block === this.#lo.length) {
      this.#lo.push(lo);
      this.#hi.push(hi);
    } else {
      if (lo < (this.#lo.data[block] as number)) this.#lo.data[block] = lo;
      if (hi > (this.#hi.data[block] as number)) this.#hi.data[block] = hi;
    }
    this.items.push(item);
  }

  /** Whether some item of the block may touch [from, to). */
  touches(block: number, from: number, to: number): boolean {
    return (this.#lo.data[block] as number) < to && (this.#hi.data[block] as number) >= from;
  }

  /** Calls `visit` with every item of every block that may touch [from, to); the caller tests the items. */
  scan(from: number, to: number, visit: (item: number) => void): void {
    for (let block = 0; block < this.blocks; block++) {
      if (this.touches(block, from, to)) this.scanBlock(block, visit);
    }
  }

  /** Calls `visit` with every item of one block. */
  scanBlock(block: number, visit: (item: number) => void): void {
    const end = Math.min((block + 1) * this.#block, this.items.length);
    for (let i = block * this.#block; i < end; i++) visit(this.items.data[i] as number);
  }
}
