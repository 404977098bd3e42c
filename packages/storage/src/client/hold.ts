/** Counts who still needs a pack's memory: its task, and nodes of this process that go on writing when a call is given up. */

export class Hold {
  /** Resolves when nobody holds it any more. */
  readonly freed: Promise<void>;
  readonly #free: () => void;
  #count = 1;

  /** Held once, by whoever makes it; `free` is called when nobody holds it any more. */
  constructor(free: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.freed = promise;
    this.#free = () => {
      free();
      resolve();
    };
  }

  get isFree(): boolean {
    return this.#count === 0;
  }

  /** Holds it once more; what this gives lets go of it, and does so once however often it is called. */
  take(): () => void {
    this.#count++;
    let held = true;
    return () => {
      if (held) this.letGo();
      held = false;
    };
  }

  /** Ends the first hold, or one of `take`. */
  letGo(): void {
    if (--this.#count === 0) this.#free();
  }
}
