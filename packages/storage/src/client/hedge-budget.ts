/** Bytes that may move a second time while the first copy may still arrive: a share of those that moved at all. */

/** Of bytes sent. */
export const WRITE_HEDGES = 0.05;
/** Of bytes read. */
export const READ_HEDGES = 0.1;

export class HedgeBudget {
  readonly #share: number;
  #moved = 0;
  #hedged = 0;

  /** `share`: 0.05 is a twentieth. */
  constructor(share: number) {
    this.#share = share;
  }

  moved(bytes: number): void {
    this.#moved += bytes;
  }

  get hedged(): number {
    return this.#hedged;
  }

  /** Takes `bytes` from the budget if it has them. The first taking is free, or a small transfer could never hedge. */
  take(bytes: number): boolean {
    if (this.#hedged > 0 && this.#hedged + bytes > this.#moved * this.#share) return false;
    this.#hedged += bytes;
    return true;
  }
}
