/** Record time: which log sizes were witnessed, when, and so between which moments a record was made (PROTOCOL 3.1). */
import { AssayError } from '@assay/core';

/**
 * The lineage axis counts ticks: Unix seconds of witnesses times this, so that records of one second still stand in
 * log order. Ticks of this century stay below 2^53.
 */
export const TICKS_PER_SECOND = 2 ** 21;

/** First tick of a second. */
export const tickOf = (seconds: number): number => seconds * TICKS_PER_SECOND;

/** A question asked at a size that was never witnessed and logged. */
export class KnownAtError extends AssayError<'not-witnessed'> {}

/** A witnessed checkpoint that is itself in the log. */
export interface CosignedPoint {
  readonly size: number;
  /** Unix seconds: the quorum-th smallest witness timestamp, never before that of a smaller size. */
  readonly time: number;
  /** Where it stands on the lineage axis: the last tick of its second, or later where seconds repeat. */
  readonly tick: number;
  /** Log index of the `checkpoint.cosigned` entry. */
  readonly index: number;
}

/** A checkpoint as receipts name one. */
export interface CheckpointName {
  readonly origin: string;
  /** Decimal. */
  readonly size: string;
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
    const monotone = Math.max(time, last?.time ?? 0);
    // Room for each record since the last point, should witnesses sign two sizes within one second.
    const earliest = last === undefined ? 0 : last.tick + Math.min(size - last.size, TICKS_PER_SECOND);
    this.#points.push({ size, time: monotone, tick: Math.max(tickOf(monotone + 1) - 1, earliest), index });
    return true;
  }

  /** The point of exactly this size. */
  at(size: number): CosignedPoint | undefined {
    const point = this.#points[this.firstAbove(size - 1)];
    return point?.size === size ? point : undefined;
  }

  /** The point that a receipt names. One log's time knows its own checkpoints only. */
  named({ size }: CheckpointName): CosignedPoint | undefined {
    return this.at(Number(size));
  }

  /** The point of exactly this size. @throws KnownAtError naming the nearest sizes that can be asked. */
  require(size: number): CosignedPoint {
    const point = this.at(size);
    if (point !== undefined) return point;
    const i = this.firstAbove(size);
    const near = [this.#points[i - 1], this.#points[i]].filter((p) => p !== undefined).map((p) => p.size);
    throw new KnownAtError('not-witnessed', {
      what: `no witnessed checkpoint of size ${size} is in the log`,
      fix: near.length === 0 ? 'No checkpoint has been witnessed yet.' : `Ask at ${near.join(' or ')}.`,
    });
  }

  /** The first witnessed checkpoint that covers the record at `index`. */
  coveredBy(index: number): CosignedPoint | undefined {
    return this.#points[this.firstAbove(index)];
  }

  /** Unix seconds of the first witnessed checkpoint that covers the record at `index`. */
  recordedAt(index: number): number | undefined {
    return this.coveredBy(index)?.time;
  }

  /**
   * Upper bound of the record at `index` in ticks: that of the first witnessed checkpoint that covers it, less one
   * for each later record under the same checkpoint. So ticks of records follow log order.
   */
  recordedTick(index: number): number | undefined {
    const i = this.firstAbove(index);
    const point = this.#points[i];
    if (point === undefined) return undefined;
    const floor = (this.#points[i - 1]?.tick ?? 0) + 1;
    return Math.max(floor, point.tick - (point.size - 1 - index));
  }

  /**
   * Unix seconds of a tick, with their fraction, as people are told them. Where one second has several points the later
   * ones stand beyond it on the axis, so that order is kept; the second that witnesses signed is still the former.
   */
  secondsAt(tick: number): number {
    const point = this.#points[this.#firstFrom(tick)];
    const seconds = tick / TICKS_PER_SECOND;
    return point === undefined ? seconds : Math.min(seconds, point.time + 1 - 1 / TICKS_PER_SECOND);
  }

  /** Lower bound of anything first said at `index`, in ticks: the last witnessed checkpoint before it. */
  notBefore(index: number): number {
    return this.#points[this.firstAbove(index) - 1]?.tick ?? 0;
  }

  /** Position of the first point with size > `size`. */
  protected firstAbove(size: number): number {
    return this.#first((point) => point.size > size);
  }

  /** Position of the first point at or after `tick`. */
  #firstFrom(tick: number): number {
    return this.#first((point) => point.tick >= tick);
  }

  /** Position of the first point of which `holds` is true; once true it stays so, since points grow in both. */
  #first(holds: (point: CosignedPoint) => boolean): number {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#points[middle] as CosignedPoint)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
