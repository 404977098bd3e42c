/** A durable append-only list of records: one fdatasync per group, groups form while the one before is in flight. */
import {
  closeSync,
  fdatasync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { OutboxError } from './errors.ts';
import { encodeGroup } from './group-frame.ts';
import { lockDirectory } from './lock.ts';
import { recoverSegments, segmentPath } from './recover-segments.ts';
import { discardLeftovers, discardRewriting, rewriteSegment, rewritingPath } from './rewrite-segment.ts';

const sync = promisify(fdatasync);

/** Where a record's bytes stand; good for as long as its segment is. */
export interface RecordPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** How a journal is opened. */
export interface JournalOptions {
  readonly directory: string;
  /** A segment that has grown past this many bytes is finished and a new one begun. */
  readonly segmentBytes: number;
  /** Called for each record found, oldest first, before `openJournal` returns. */
  readonly onRecord: (bytes: Uint8Array, place: RecordPlace) => void;
}

/** New bytes for a record, of the length that it has. */
export interface JournalEdit {
  readonly place: RecordPlace;
  readonly bytes: Uint8Array;
}

interface Waiting {
  readonly record: Uint8Array;
  readonly resolve: (place: RecordPlace) => void;
  readonly reject: (error: Error) => void;
}

const MAX_GROUP_RECORDS = 1_024;

/** Opens or makes the journal in a directory, which then is this process's alone. @throws OutboxError */
export function openJournal(options: JournalOptions): Journal {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(options.directory);
  try {
    discardLeftovers(options.directory);
    const { nextGroup, segments, tornBytes } = recoverSegments(options.directory, options.onRecord);
    const segment = segments.at(-1) ?? nextGroup;
    return new Journal({ ...options, lock, nextGroup, tornBytes, segments, segment });
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

interface Opened extends JournalOptions {
  readonly lock: Disposable;
  readonly nextGroup: number;
  readonly segments: readonly number[];
  readonly segment: number;
  readonly tornBytes: number;
}

/**
 * The open journal. `append` is the durability contract: once it resolves, the record survives a power cut; until
 * then nobody may be told of it. After a failed write or sync the journal refuses everything, because the kernel may
 * have dropped the pages it could not write and would call the next sync a success.
 */
export class Journal implements AsyncDisposable {
  /** Bytes of a half-written group that opening cut off. */
  readonly tornBytes: number;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #lock: Disposable;
  readonly #files = new Map<number, number>();
  readonly #segments: number[];
  #waiting: Waiting[] = [];
  #lazy: Uint8Array[] = [];
  #group: number;
  #segment: number;
  #size: number;
  #working: Promise<void> | undefined;
  /** What waits is to be written now, and not only with whatever comes. */
  #isDue = false;
  #patience: NodeJS.Timeout | undefined;
  /** The segment being written is to be finished with the next group. */
  #mustRoll = false;
  #broken: OutboxError | undefined;
  readonly #failure = Promise.withResolvers<OutboxError>();

  constructor(opened: Opened) {
    this.#directory = opened.directory;
    this.#segmentBytes = opened.segmentBytes;
    this.#lock = opened.lock;
    this.#group = opened.nextGroup;
    this.#segment = opened.segment;
    this.#segments = opened.segments.length === 0 ? [opened.segment] : [...opened.segments];
    this.tornBytes = opened.tornBytes;
    const file = this.#fileOf(this.#segment);
    this.#size = statSync(segmentPath(this.#directory, this.#segment)).size;
    // What was read may have been in the page cache only; it is about to be relied on.
    fsyncSync(file);
  }

  /** Resolves when the journal can promise nothing any more: its process should end and recover. */
  get failure(): Promise<OutboxError> {
    return this.#failure.promise;
  }

  /**
   * Appends, resolving once the record is durable. Records become so in the order of the calls.
   *
   * @param withinMs how long it may wait for a record that does not wait, so that both share a sync
   * @throws OutboxError `failed` | `closed`
   */
  append(record: Uint8Array, withinMs = 0): Promise<RecordPlace> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    const { promise, resolve, reject } = Promise.withResolvers<RecordPlace>();
    this.#waiting.push({ record, resolve, reject });
    if (withinMs === 0) this.#writeNow();
    else this.#patience ??= setTimeout(() => this.#writeNow(), withinMs);
    return promise;
  }

  #writeNow(): void {
    this.#isDue = true;
    this.#working ??= this.#work();
  }

  /** Appends with the next group or at closing: for what recovery can do without. */
  appendLazily(record: Uint8Array): void {
    if (this.#broken === undefined) this.#lazy.push(record);
  }

  /** The bytes of a durable record. */
  read({ segment, offset, length }: RecordPlace): Uint8Array {
    const out = new Uint8Array(length);
    const read = readSync(this.#fileOf(segment), out, 0, length, offset);
    if (read === length) return out;
    throw new OutboxError('corrupt', {
      what: `${length} bytes were there and ${read} are`,
      where: `${segmentPath(this.#directory, segment)} byte ${offset}`,
    });
  }

  /**
   * Deletes segments from the oldest on, as long as `mayGo` lets it, given each one's first group and when it was last
   * written; never the one being written. Returns those that are gone.
   */
  dropSegments(mayGo: (segment: number, writtenMs: number) => boolean): ReadonlySet<number> {
    const gone = new Set<number>();
    while (this.#segments.length > 1) {
      const segment = this.#segments[0] as number;
      const path = segmentPath(this.#directory, segment);
      if (!mayGo(segment, statSync(path).mtimeMs)) break;
      const file = this.#files.get(segment);
      if (file !== undefined) closeSync(file);
      this.#files.delete(segment);
      // A crash after this leaves the segments behind it, which are a journal of their own.
      rmSync(path);
      this.#segments.shift();
      gone.add(segment);
    }
    return gone;
  }

  /**
   * Overwrites durable records; places stay what they are. Once this resolves no file of the journal holds the old
   * bytes. Of one segment all records change or none; call it again after an error, and never twice at once.
   *
   * @throws OutboxError `corrupt` | `failed` | `closed`
   */
  async rewrite(edits: readonly JournalEdit[]): Promise<void> {
    for (const [segment, own] of Map.groupBy(edits, ({ place }) => place.segment)) {
      await this.#finish(segment);
      const path = segmentPath(this.#directory, segment);
      if (!this.#segments.includes(segment)) continue;
      await rewriteSegment(
        path,
        own.map(({ place, bytes }) => ({ offset: place.offset, bytes })),
      );
      if (this.#broken === undefined && this.#segments.includes(segment)) this.#replace(segment, path);
      else await discardRewriting(path);
    }
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Makes everything durable and lets the directory go. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#waiting.length > 0) this.#writeNow();
    await this.#working;
    if (this.#broken === undefined && this.#lazy.length > 0) await this.#commit([]);
    this.#broken ??= new OutboxError('closed', { what: 'the journal is closed', where: this.#directory });
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
    this.#lock[Symbol.dispose]();
  }

  async #work(): Promise<void> {
    // One turn of the event loop lets requests that arrived together share a group.
    await new Promise(setImmediate);
    while (this.#isDue && this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, MAX_GROUP_RECORDS);
      this.#waiting = this.#waiting.slice(MAX_GROUP_RECORDS);
      this.#isDue = this.#waiting.length > 0;
      clearTimeout(this.#patience);
      this.#patience = undefined;
      try {
        const places = await this.#commit(group.map(({ record }) => record));
        for (const [i, { resolve }] of group.entries()) resolve(places[i] as RecordPlace);
      } catch (cause) {
        this.#fail(cause as Error, group);
      }
    }
    this.#working = undefined;
  }

  /** A crash before the sync returns leaves a torn or a whole group at the tail, promised to nobody either way. */
  async #commit(records: readonly Uint8Array[]): Promise<RecordPlace[]> {
    if (this.#size >= this.#segmentBytes || (this.#mustRoll && this.#size > 0)) this.#beginSegment();
    const lazy = this.#lazy.splice(0);
    const { bytes, offsets } = encodeGroup(this.#group, [...records, ...lazy]);
    const file = this.#fileOf(this.#segment);
    const start = this.#size;
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, start + at);
    await sync(file);
    this.#group += 1;
    this.#size = start + bytes.length;
    const segment = this.#segment;
    return records.map(({ length }, i) => ({ segment, offset: start + (offsets[i] as number), length }));
  }

  /** Resolves once nothing more is written to `segment`. */
  async #finish(segment: number): Promise<void> {
    while (this.#segment === segment) {
      if (this.#broken !== undefined) throw this.#broken;
      this.#mustRoll = true;
      if (this.#working === undefined) this.#beginSegment();
      else await this.#working;
    }
  }

  #replace(segment: number, path: string): void {
    renameSync(rewritingPath(path), path);
    const file = this.#files.get(segment);
    if (file !== undefined) closeSync(file);
    this.#files.delete(segment);
    syncDirectory(this.#directory);
  }

  #beginSegment(): void {
    this.#mustRoll = false;
    this.#segment = this.#group;
    this.#size = 0;
    this.#segments.push(this.#segment);
    this.#fileOf(this.#segment);
  }

  #fileOf(segment: number): number {
    const known = this.#files.get(segment);
    if (known !== undefined) return known;
    const path = segmentPath(this.#directory, segment);
    const isNew = statSync(path, { throwIfNoEntry: false }) === undefined;
    const file = openSync(path, isNew ? 'wx+' : 'r+', 0o600);
    this.#files.set(segment, file);
    if (isNew) syncDirectory(this.#directory);
    return file;
  }

  #fail(cause: Error, group: readonly Waiting[]): void {
    this.#broken = new OutboxError('failed', {
      what: `the journal could not be written: ${cause.message}`,
      where: segmentPath(this.#directory, this.#segment),
      fix: 'Free or repair the disk and start again; nothing that was not durable was answered.',
      cause,
    });
    this.#failure.resolve(this.#broken);
    for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(this.#broken);
  }
}

/** A new file's name is durable only once its directory is. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
