/** Names as small integers: 1, 2, 3 … in order of first mention; 0 stands for no name. */

/** What the index needs of a dictionary. Other stores (digests, sequences) may stand in for text. */
export interface Names {
  /** The largest number given out. */
  readonly size: number;
  /** The number of `name`, giving it one when it is new. */
  intern(name: string): number;
  /** The number of `name`, or 0. */
  find(name: string): number;
  /** The name of a number that was given out. */
  text(id: number): string;
}

/** Names of any kind, in a hash map. */
export class TextNames implements Names {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [''];

  get size(): number {
    return this.#ids.size;
  }

  intern(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#texts.length;
    this.#ids.set(name, id);
    this.#texts.push(name);
    return id;
  }

  find(name: string): number {
    return this.#ids.get(name) ?? 0;
  }

  text(id: number): string {
    return this.#texts[id] ?? '';
  }
}
