/** Virtual time: one queue of events, one order, whatever the machine does. */
import type { Clock } from '@assay/storage';

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
}

export class Scheduler implements Clock {
  #time = 0;
  #order = 0;
  #queue: Entry[] = [];

  now(): number {
    return this.#time;
  }

  /** Runs `run` after `ms` of virtual time. */
  after(ms: number, run: () => void): void {
    const entry = { time: this.#time + Math.max(0, ms), order: this.#order++, run };
    let at = this.#queue.length;
    while (at > 0 && later(this.#queue[at - 1] as Entry, entry)) at--;
    this.#queue.splice(at, 0, entry);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      signal?.addEventListener('abort', wake, { once: true });
      this.after(ms, wake);
    });
  }

  /**
   * Lets virtual time run until the promise settles, or fails after `limit` milliseconds of virtual time.
   * Between two events every promise that can move does: code in between takes no time.
   */
  async until<T>(promise: Promise<T>, limit: number): Promise<T> {
    const end = this.#time + limit;
    let settled = false;
    const settle = (): void => void (settled = true);
    promise.then(settle, settle);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return promise;
      const next = this.#queue[0];
      if (next === undefined) throw new Error(`deadlock at ${this.#time} ms: nothing is left to happen`);
      if (next.time > end) throw new Error(`not finished after ${limit} ms of virtual time`);
      this.#queue.shift();
      this.#time = next.time;
      next.run();
    }
  }
}

const later = (a: Entry, b: Entry): boolean => a.time > b.time || (a.time === b.time && a.order > b.order);
