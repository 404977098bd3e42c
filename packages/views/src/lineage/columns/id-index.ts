/** Where each id stands in a list: open addressing over typed arrays, 8 bytes a slot. */

export class IdIndex {
  readonly #slots: Uint32Array;
  readonly #rows: Uint32Array;
  readonly #mask: number;

  /** @param lists distinct ids above zero; rows count through the lists in order */
  constructor(...lists: readonly Uint32Array[]) {
    const count = lists.reduce((sum, list) => sum + list.length, 0);
    const size = 2 ** Math.ceil(Math.log2(Math.max(8, count * 2)));
    this.#slots = new Uint32Array(size);
    this.#rows = new Uint32Array(size);
    this.#mask = size - 1;
    let row = 0;
    for (const list of lists) for (const id of list) this.#add(id, row++);
  }

  /** The row of `id`, or −1. */
  row(id: number): number {
    let slot = this.#start(id);
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === id) return id === 0 ? -1 : (this.#rows[slot] as number);
      if (held === 0) return -1;
      slot = (slot + 1) & this.#mask;
    }
  }

  has(id: number): boolean {
    return this.row(id) >= 0;
  }

  // Knuth's multiplicative hash spreads consecutive ids over the table.
  #start(id: number): number {
    const mixed = Math.imul(id, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }

  #add(id: number, row: number): void {
    let slot = this.#start(id);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = id;
    this.#rows[slot] = row;
  }
}
