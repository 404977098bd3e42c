/** Lets so many in at once, and tells the next one at once that there is no room. */
export class Gate {
  readonly limit: number;
  #inside = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get inside(): number {
    return this.#inside;
  }

  /** Room for one, until it is disposed of; undefined when there is none. */
  tryEnter(): Disposable | undefined {
    if (this.#inside >= this.limit) return undefined;
    this.#inside += 1;
    return {
      [Symbol.dispose]: () => {
        this.#inside -= 1;
      },
    };
  }
}
