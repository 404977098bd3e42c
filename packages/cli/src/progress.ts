/** Progress on standard error, for whatever takes longer than a second. */
import type { Clock } from '@assay/core';

/** Says how far something has come, at most once a second, and nothing at all when it is quick. */
export class Progress {
  readonly #clock: Clock;
  readonly #write: (text: string) => void;
  #next: number;

  constructor(clock: Clock, write: (text: string) => void) {
    this.#clock = clock;
    this.#write = write;
    this.#next = clock.now() + 1_000;
  }

  /** `message` is asked only when it is time to speak. */
  tick(message: () => string): void {
    const now = this.#clock.now();
    if (now < this.#next) return;
    this.#next = now + 1_000;
    this.#write(`${message()}\n`);
  }
}
