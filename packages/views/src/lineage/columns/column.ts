/** A growable typed array: the one storage unit of the index. Reads beyond the end are zero. */

type Numbers = Uint32Array | Float64Array | Uint8Array;

const FIRST_CAPACITY = 64;

export class Column<A extends Numbers> {
  /** The raw array, for hot loops; longer than `length`, and replaced when it grows. */
  data: A;
  length = 0;
  readonly #allocate: (length: number) => A;

  constructor(allocate: (length: number) => A) {
    this.#allocate = allocate;
    this.data = allocate(FIRST_CAPACITY);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(this.length + 1);
    this.data[this.length++] = value;
  }

  /** Writes at `index`, which may lie beyond the end. */
  put(index: number, value: number): void {
    if (index >= this.length) {
      this.reserve(index + 1);
      this.length = index + 1;
    }
    this.data[index] = value;
  }

  at(index: number): number {
    return index < this.length ? (this.data[index] as number) : 0;
  }

  /** Makes room for `length` values in all, at least doubling so that appends stay cheap. */
  reserve(length: number): void {
    if (length <= this.data.length) return;
    const grown = this.#allocate(Math.max(length, this.data.length * 2));
    grown.set(this.data);
    this.data = grown;
  }

  /** Bytes held, spare room included. */
  get bytes(): number {
    return this.data.byteLength;
  }
}

/** Ids, rows and positions: zero means "none". */
export const u32Column = (): Column<Uint32Array> => new Column((length) => new Uint32Array(length));
/** Times: any safe integer. */
export const f64Column = (): Column<Float64Array> => new Column((length) => new Float64Array(length));
/** Small codes. */
export const u8Column = (): Column<Uint8Array> => new Column((length) => new Uint8Array(length));
