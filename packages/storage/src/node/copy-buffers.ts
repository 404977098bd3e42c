/** Copies of shards in memory that is used again: memory fresh from the system costs more to touch than a copy does. */

/** Idle buffers kept: as many as a node is sent at once. */
const MOST_IDLE = 4;

export class CopyBuffers {
  #idle: ArrayBuffer[] = [];

  /** A copy that nobody else has until it is given back. */
  copy(bytes: Uint8Array): Uint8Array {
    const at = this.#idle.findIndex(({ byteLength }) => byteLength >= bytes.length);
    const buffer = at < 0 ? new ArrayBuffer(bytes.length) : (this.#idle.splice(at, 1)[0] as ArrayBuffer);
    const copy = new Uint8Array(buffer, 0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** Takes a copy back; it must not be used afterwards. */
  giveBack(copy: Uint8Array): void {
    if (this.#idle.length < MOST_IDLE) this.#idle.push(copy.buffer as ArrayBuffer);
  }
}
