/** Record time: which log sizes were witnessed, when, and so between which moments a record was made (PROTOCOL 3.1). */
import { AssayError } from '@assay/core';

/** A question asked at a size that was never witnessed and logged. */
export class KnownAtError extends AssayError<'not-witnessed'> {}

/** A witnessed checkpoint that is itself in the log. */
export interface CosignedPoint {
  readonly size: number;
  /** Unix seconds: the quorum-th smallest witness timestamp, never before that of a smaller size. */
  readonly time: number;
  /** Log index of the `checkpoint.cosigned` entry. */
  readonly index: number;
}

/** All logged witnessed checkpoints, by size. */
export class WitnessedTime {
  readonly #points: CosignedPoint[] = [];

  get points(): readonly CosignedPoint[] {
    return this.#points;
  }

  get newest(): CosignedPoint | undefined {
    return this.#points.at(-1);
  }

  /** Adds a point. Sizes must grow; a witness clock that stands back is lifted to the time before it. */
  add(size: number, time: number, index: number): boolean {
    const last = this.newest;
    if (last !== undefined && size <= last.size) return false;
    this.#points.push({ size, time: Math.max(time, last?.time ?? 0), index });
    return true;
  }

  /** The point of exactly this size. */
  at(size: number): CosignedPoint | undefined {
    const point = this.#points[this.#firstAbove(size - 1)];
    return point?.size === size ? point : undefined;
  }

  /** The point of exactly this size. @throws KnownAtError naming the nearest sizes that can be asked. */
  require(size: number): CosignedPoint {
    const point = this.at(size);
    if (point !== undefined) return point;
    const i = this.#firstAbove(size);
    const near = [this.#points[i - 1], this.#points[i]].filter((p) => p !== undefined).map((p) => p.size);
    throw new KnownAtError('not-witnessed', {
      what: `no witnessed checkpoint of size ${size} is in the log`,
      fix: near.length === 0 ? 'No checkpoint has been witnessed yet.' : `Ask at ${near.join(' or ')}.`,
    });
  }

  /** Upper bound of the record at `index`: the time of the first witnessed checkpoint that covers it. */
  recordedAt(index: number): number | undefined {
    return this.#points[this.#firstAbove(index)]?.time;
  }

  /** Lower bound of anything first said at `index`: the time of the last witnessed checkpoint before it. */
  notBefore(index: number): number {
    return this.#points[this.#firstAbove(index) - 1]?.time ?? 0;
  }

  /** Position of the first point with size > `size`. */
  #firstAbove(size: number): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] as CosignedPoint).size > size) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
