/** The checkpoint row: the one small truth of a log, changed only by compare-and-swap. */

/** One write-ahead segment that the log still needs. */
export interface SegmentRef {
  /** File name under `wal/`. */
  readonly name: string;
  /** Tree size before its first record. */
  readonly start: number;
  /** Bytes of it that count; what lies beyond was never acknowledged by the writer of this row. */
  readonly bytes: number;
}

/** What the row holds. Everything else on disk is judged by it. */
export interface RowState {
  /** Grows by one with every swap. */
  readonly version: number;
  readonly origin: string;
  /** The log's Ed25519 vkey. */
  readonly key: string;
  readonly size: number;
  /** Root of the tree of `size`, lower-case hex. */
  readonly root: string;
  /** Unix seconds of the swap. */
  readonly time: number;
  /** Oldest first. Entries before the first segment's start are in durable bundles. */
  readonly segments: readonly SegmentRef[];
  /** The published checkpoint note, as text; empty before the first. */
  readonly published: string;
}

/** Where the row lives. */
export interface CheckpointRow {
  /** The row, or undefined before the first swap. */
  read(): Promise<RowState | undefined>;

  /**
   * Stores `next` if the row still is `expected` (undefined: no row yet), atomically among all processes.
   *
   * @returns true once `next` is durable; false if somebody else moved the row (nothing was changed)
   * A rejection leaves open which of the two rows stands.
   */
  swap(expected: RowState | undefined, next: RowState): Promise<boolean>;

  close(): Promise<void>;
}
