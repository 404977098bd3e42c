/** One group commit in the making: entries that will share a record, an fdatasync and a signature. */

/** Most entries of a group, and most bytes beyond which it takes no further entry. */
export const GROUP_ENTRIES = 4_096;
export const GROUP_BYTES = 8 * 1024 * 1024;

/** Entries with consecutive indices, and the promise that they are durable and signed for. */
export class Group {
  readonly first: number;
  readonly entries: Uint8Array[] = [];
  /** Tree size after the last entry that asks for a checkpoint of its own; 0 when none does. */
  askingSize = 0;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
  #bytes = 0;

  constructor(first: number) {
    this.first = first;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.resolve = resolve;
    this.reject = reject;
    // Nobody may be waiting for this very group when the writer stops; that is not an unhandled error.
    promise.catch(() => undefined);
  }

  /** Index after the last entry. */
  get end(): number {
    return this.first + this.entries.length;
  }

  get isFull(): boolean {
    return this.entries.length >= GROUP_ENTRIES || this.#bytes >= GROUP_BYTES;
  }

  add(entry: Uint8Array): void {
    this.entries.push(entry);
    this.#bytes += entry.length;
  }
}
