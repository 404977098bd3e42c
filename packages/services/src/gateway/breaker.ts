/** Keeps requests away from a node that keeps failing, and lets one through now and then to see. */
import type { Clock } from '@assay/core';

const FAILURES_TO_OPEN = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** One per node. */
export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #closedUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a request may be sent. While the node fails, one per pause may. */
  get isOpenForRequests(): boolean {
    return this.#failures < FAILURES_TO_OPEN || this.#clock.now() >= this.#closedUntil;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures < FAILURES_TO_OPEN) return;
    const pause = FIRST_PAUSE_MS * 2 ** Math.min(20, this.#failures - FAILURES_TO_OPEN);
    this.#closedUntil = this.#clock.now() + Math.min(LONGEST_PAUSE_MS, pause);
  }
}
