/** Chunks held in memory for a while, so that a peer that asks a moment later is served: the least recently used go first. */

export class ChunkMemory {
  readonly #limit: number;
  readonly #chunks = new Map<string, Uint8Array>();
  #bytes = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(id: string): Uint8Array | undefined {
    const bytes = this.#chunks.get(id);
    if (bytes === undefined) return undefined;
    this.#chunks.delete(id);
    this.#chunks.set(id, bytes);
    return bytes;
  }

  set(id: string, bytes: Uint8Array): void {
    if (this.#chunks.has(id)) return;
    this.#chunks.set(id, bytes);
    this.#bytes += bytes.length;
    for (const [old, { length }] of this.#chunks) {
      if (this.#bytes <= this.#limit) return;
      this.#chunks.delete(old);
      this.#bytes -= length;
    }
  }
}
