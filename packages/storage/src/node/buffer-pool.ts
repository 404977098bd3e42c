/** Buffers for whole shards that are used again: each fresh one costs page faults, and soon a collection of the heap. */

/** Idle buffers kept: as many as a node is sent at once. */
const MOST_IDLE = 4;

export class BufferPool {
  readonly #idle: ArrayBuffer[] = [];

  /** `length` bytes that hold anything, and that nobody else has until they are given back. */
  take(length: number): Uint8Array {
    const at = this.#idle.findIndex(({ byteLength }) => byteLength >= length);
    const buffer = at < 0 ? new ArrayBuffer(length) : (this.#idle.splice(at, 1)[0] as ArrayBuffer);
    return new Uint8Array(buffer, 0, length);
  }

  /** Takes a buffer back; it must not be used afterwards. */
  give(bytes: Uint8Array): void {
    this.#idle.push(bytes.buffer as ArrayBuffer);
    // The largest are worth keeping: a page among them would crowd out a shard.
    if (this.#idle.length > MOST_IDLE) this.#idle.sort((a, b) => b.byteLength - a.byteLength).pop();
  }
}
