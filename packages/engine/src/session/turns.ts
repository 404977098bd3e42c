/** Lets one caller at a time through, in the order they came. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Runs `work` after all earlier work has ended, however it ended, and gives its result. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Resolves when everything taken so far has ended. */
  get idle(): Promise<void> {
    return this.#last;
  }
}
