/** Statements that were promised and not yet acknowledged by the log, kept with the private bytes they belong to. */
import { decodeRecord, encodeItem, encodeShipped, type Item } from './item.ts';
import { type Journal, openJournal, type RecordPlace } from './journal.ts';

/** How an outbox is opened. */
export interface OutboxOptions {
  readonly directory: string;
  /** Called for each item kept, oldest first, so that its owner can rebuild its own state. */
  readonly onItem: (item: Item, place: RecordPlace) => void;
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 64 * 2 ** 20;

/** Opens or makes the outbox in a directory. @throws OutboxError `locked` | `corrupt` */
export function openOutbox(options: OutboxOptions): Outbox {
  const entries: { place: RecordPlace; ordinal: number }[] = [];
  let shipped = 0;
  const journal = openJournal({
    directory: options.directory,
    segmentBytes: options.segmentBytes ?? SEGMENT_BYTES,
    onRecord: (bytes, place) => {
      const record = decodeRecord(bytes);
      if (record.kind === 'shipped') {
        shipped = Math.max(shipped, record.count);
        entries.splice(0, entries.findLastIndex(({ ordinal }) => ordinal < shipped) + 1);
        return;
      }
      if (record.item.entry !== undefined) entries.push({ place, ordinal: record.ordinal });
      options.onItem(record.item, place);
    },
  });
  // Where the word of a shipment went with its segment, what is left is sent again: the log knows it.
  const first = entries[0]?.ordinal ?? shipped;
  return new Outbox(journal, { unsent: entries.map(({ place }) => place), shipped: first });
}

/** The open outbox. Entries are sent in the order in which they became durable. */
export class Outbox implements AsyncDisposable {
  readonly #journal: Journal;
  readonly #unsent: RecordPlace[];
  #shipped: number;
  /** Entries put since the beginning. */
  #put: number;
  #listener: () => void = () => undefined;

  constructor(journal: Journal, state: { unsent: RecordPlace[]; shipped: number }) {
    this.#journal = journal;
    this.#unsent = state.unsent;
    this.#shipped = state.shipped;
    this.#put = state.shipped + state.unsent.length;
  }

  /** Bytes of a half-written group that opening cut off. */
  get tornBytes(): number {
    return this.#journal.tornBytes;
  }

  /** Resolves when nothing more can be made durable: the process should end and recover. */
  get failure(): Promise<Error> {
    return this.#journal.failure;
  }

  /** Durable entries that the log has not acknowledged. */
  get unsentCount(): number {
    return this.#unsent.length;
  }

  /** Entries that the log has acknowledged since the beginning. */
  get shippedCount(): number {
    return this.#shipped;
  }

  /**
   * Keeps an item. Once this resolves it survives a power cut, and only then may anybody be told of it. Calls made in
   * one order become durable in that order.
   *
   * @param withinMs how long it may wait for an item that does not wait, so that both share a sync
   * @throws OutboxError `failed` | `closed`
   */
  async put(item: Item, withinMs = 0): Promise<RecordPlace> {
    const ordinal = this.#put;
    if (item.entry !== undefined) this.#put += 1;
    const place = await this.#journal.append(encodeItem(item, ordinal), withinMs);
    if (item.entry !== undefined) {
      this.#unsent.push(place);
      this.#listener();
    }
    return place;
  }

  /** The item at a place that `put` or `onItem` gave. */
  read(place: RecordPlace): Item {
    const record = decodeRecord(this.#journal.read(place));
    if (record.kind === 'item') return record.item;
    throw new TypeError('the place of an item was expected');
  }

  /**
   * Puts other items in the place of durable ones, each of the same length as before: what must become unreadable is
   * overwritten. Entries must stay what they are. Once this resolves no file here holds the old bytes.
   *
   * @throws OutboxError `corrupt` | `failed` | `closed`
   */
  async replace(changes: readonly { readonly place: RecordPlace; readonly item: Item }[]): Promise<void> {
    const edits = changes.map(({ place, item }) => {
      const record = decodeRecord(this.#journal.read(place));
      if (record.kind !== 'item') throw new TypeError('the place of an item was expected');
      const bytes = encodeItem(item, record.ordinal);
      if (bytes.length !== place.length)
        throw new TypeError('an item of another length cannot take its place');
      return { place, bytes };
    });
    await this.#journal.rewrite(edits);
  }

  /** The oldest unsent entries, at most `count` of them and `bytes` together, but one at least when there is any. */
  oldestUnsent(count: number, bytes: number): Uint8Array[] {
    const batch: Uint8Array[] = [];
    let total = 0;
    for (const place of this.#unsent.slice(0, count)) {
      const entry = this.read(place).entry as Uint8Array;
      total += entry.length;
      if (batch.length > 0 && total > bytes) break;
      batch.push(entry);
    }
    return batch;
  }

  /** Marks the `count` oldest unsent entries as done. A crash before this is durable sends them again: the log dedupes. */
  markShipped(count: number): void {
    this.#unsent.splice(0, count);
    this.#shipped += count;
    this.#journal.appendLazily(encodeShipped(this.#shipped));
  }

  /**
   * Deletes finished segments whose items are all sent and were written before `moment` (Unix milliseconds), oldest
   * first. Returns the segments that are gone: places in them can be read no more.
   */
  dropBefore(moment: number): ReadonlySet<number> {
    const firstUnsent = this.#unsent[0]?.segment ?? Number.POSITIVE_INFINITY;
    return this.#journal.dropSegments((segment, written) => segment < firstUnsent && written < moment);
  }

  /** Has `listener` called whenever there is something to send. */
  onUnsent(listener: () => void): void {
    this.#listener = listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal[Symbol.asyncDispose]();
  }
}
