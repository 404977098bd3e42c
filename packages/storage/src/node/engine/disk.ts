/** The port between the node's log and a disk: numbered segments of fixed size. Driven by files, and by the simulator. */

export interface Disk {
  /** Numbers of the segments there are, ascending. */
  list(): Promise<number[]>;
  /**
   * Makes a zero-filled segment. When this returns, the segment and its name survive a power cut.
   * @throws NodeError `disk-full`, leaving nothing behind
   */
  create(segment: number, bytes: number): Promise<void>;
  /** Bytes of a segment. */
  size(segment: number): Promise<number>;
  /** Writes `parts` one after another at `offset`. They may be lost, wholly or in part, until `sync` returns. */
  write(segment: number, offset: number, parts: readonly Uint8Array[]): Promise<void>;
  /** When this returns, everything written to the segment before survives a power cut. A failure is final. */
  sync(segment: number): Promise<void>;
  /** Exactly `length` bytes, in a buffer of their own that is the caller's from then on. */
  read(segment: number, offset: number, length: number): Promise<Uint8Array>;
  /** Removes a segment for good. */
  remove(segment: number): Promise<void>;
}
