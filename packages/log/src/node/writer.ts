/** The writing half of an open log: takes entries, commits them in groups, signs, and lets finished segments go. */
import { type Clock, hex, unixSeconds } from '@assay/core';
import { MAX_BUNDLED_ENTRY_BYTES } from '../bundle.ts';
import { writeStretch } from './dedupe-file.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import { flush } from './flush.ts';
import { GroupQueue } from './group-queue.ts';
import type { Group } from './group.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import type { LogKeys } from './log-keys.ts';
import type { AppendRequest, Appended, LogOptions, SignedCheckpoint } from './log-options.ts';
import type { LogTree } from './log-tree.ts';
import type { PublicFiles } from './public-files.ts';
import { mustAdvance } from './must-advance.ts';
import type { RowHolder } from './row-holder.ts';
import { SegmentWriter } from './segment-writer.ts';

/** What `openLog` hands over. */
export interface LogParts {
  readonly keys: LogKeys;
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly tree: LogTree;
  readonly publicFiles: PublicFiles;
  readonly holder: RowHolder;
  readonly dedupe: DedupeIndex;
  /** Tree size after the last entry that asks for a checkpoint. */
  readonly askingSize: number;
  readonly options: LogOptions;
}

/** Full tiles that may wait in memory before they are written without a publication asking for it. */
const WAITING_TILES = 64;

/** Segments that may stand in the row before they are flushed together. */
const MOST_SEGMENTS = 16;

/** The one writer of a log directory. */
export class Writer {
  readonly #parts: LogParts;
  readonly #queue: GroupQueue;
  readonly #segmentBytes: number;
  #segment: SegmentWriter | undefined;
  #newest: SignedCheckpoint;
  #askingSize: number;
  #background: Promise<void> = Promise.resolve();
  #isFlushing = false;
  #isWriting = false;

  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#segmentBytes = parts.options.segmentBytes ?? 64 * 1024 * 1024;
    const limit = parts.options.queueLimit ?? 32_768;
    this.#queue = new GroupQueue((group) => this.#commit(group), parts.tree.size, limit);
    this.#askingSize = parts.askingSize;
    this.#newest = this.#sign();
  }

  /** The newest signed tree; everything in it is durable. */
  get newest(): SignedCheckpoint {
    return this.#newest;
  }

  /** Tree size after the last entry that asks for a checkpoint of its own. */
  get askingSize(): number {
    return this.#askingSize;
  }

  /** Resolves with the reason when the writer ends by a failure. */
  get ended(): Promise<LogError> {
    return this.#queue.ended;
  }

  /** Why the writer ended, if it did. */
  get failure(): LogError | undefined {
    return this.#queue.failure;
  }

  /** Logs entries in order; see `Log.append`. */
  async append(requests: readonly AppendRequest[]): Promise<Appended[]> {
    this.#mustTake(requests);
    const waiting = new Set<Group>();
    const appended = requests.map((request) => this.#take(request, waiting));
    for (const group of waiting) await group.done;
    return appended;
  }

  /** Runs work on the files; a failure ends the writer, because what is on disk is then unknown. */
  async guarded(work: () => Promise<void>): Promise<void> {
    if (this.#queue.failure !== undefined) throw this.#queue.failure;
    try {
      await work();
    } catch (cause) {
      const fatal = cause instanceof LogError ? cause : stopped(cause);
      this.#queue.stop(fatal);
      throw fatal;
    }
  }

  /** Resolves when every entry taken so far is durable and nothing runs in the background. */
  async settled(): Promise<void> {
    await this.#queue.idle;
    await this.#background;
  }

  /** Finishes what is under way and lets go of the segment. */
  async close(): Promise<void> {
    await this.settled();
    this.#queue.close();
    await this.#segment?.close();
  }

  #mustTake(requests: readonly AppendRequest[]): void {
    this.#queue.mustTake(requests.length);
    const large = requests.find(({ bytes }) => bytes.length > MAX_BUNDLED_ENTRY_BYTES);
    if (large !== undefined) {
      const what = `an entry of ${large.bytes.length} bytes is over ${MAX_BUNDLED_ENTRY_BYTES}`;
      throw new LogError('entry-size', { what, fix: 'Log a digest, and keep the content in a blob.' });
    }
    const { clock, holder } = this.#parts;
    mustAdvance(unixSeconds(clock), holder.current.time);
  }

  /** Decides one entry's fate synchronously: its index, or the one it already has. */
  #take(request: AppendRequest, waiting: Set<Group>): Appended {
    const known = this.#parts.dedupe.claim(request, this.#queue.next);
    if (known.kind === 'repeat') {
      // It may be on its way in this very moment; its index counts once it is durable.
      const group = this.#queue.groupOf(known.index);
      if (group !== undefined) waiting.add(group);
      return { index: known.index, isDuplicate: true, conflicts: [] };
    }
    const index = this.#queue.next;
    waiting.add(this.#queue.add(request.bytes, request.isQuiet !== true));
    return { index, isDuplicate: false, conflicts: known.conflicts };
  }

  /** Segment, then row, then signature: whatever is signed is durable, and no other writer has that size. */
  async #commit(group: Group): Promise<void> {
    const { tree, holder, clock } = this.#parts;
    this.#segment ??= await SegmentWriter.create(this.#parts.files, {
      origin: this.#parts.keys.origin,
      start: tree.size,
      root: tree.root(),
    });
    const stored = await this.#segment.write({
      first: group.first,
      rootBefore: tree.root(),
      entries: group.entries,
    });
    for (const entry of stored) tree.integrate(entry);
    const { ref } = this.#segment;
    // A crash here leaves a durable record that the row does not cover: recovery takes it.
    await holder.change((row) => ({
      size: tree.size,
      root: hex(tree.root()),
      // Looked at when the entries were taken; a step back since then is not worth the writer's life.
      time: Math.max(unixSeconds(clock), row.time),
      segments: [...row.segments.filter((segment) => segment.name !== ref.name), ref],
    }));
    this.#newest = this.#sign();
    group.entries.forEach((entry, i) => this.#parts.options.onEntry?.(entry, group.first + i));
    this.#askingSize = Math.max(this.#askingSize, group.askingSize);
    await this.#afterCommit();
  }

  async #afterCommit(): Promise<void> {
    const { segments } = this.#parts.holder.current;
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    // Every start begins a segment of its own: many small ones are as good a reason as one large.
    if (bytes >= this.#segmentBytes || segments.length > MOST_SEGMENTS) {
      await this.#segment?.close();
      this.#segment = undefined;
      this.#flushLater();
    } else if (this.#parts.publicFiles.waiting >= WAITING_TILES) {
      this.#writeLater();
    }
  }

  /** Lets finished segments go, behind the appends. */
  #flushLater(): void {
    if (this.#isFlushing) return; // The next rotation takes what this one leaves.
    this.#isFlushing = true;
    const { holder, tree } = this.#parts;
    const finished = holder.current.segments;
    const end = tree.size;
    this.#inBackground(async () => {
      await flush(this.#parts, finished, end);
      await this.#keepIndex(end);
      this.#isFlushing = false;
    });
  }

  /** Spares the next start the taking apart of what now stands in durable bundles. A crash before it costs that time. */
  async #keepIndex(end: number): Promise<void> {
    const { files, tree, dedupe, keys } = this.#parts;
    const start = dedupe.kept;
    if (end <= start) return;
    const root = hex(await tree.rootAt(end));
    await writeStretch(files, { origin: keys.origin, start, end, root, filed: dedupe.take(end) });
  }

  #writeLater(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#inBackground(async () => {
      await this.#parts.publicFiles.writeWaiting();
      this.#isWriting = false;
    });
  }

  #inBackground(work: () => Promise<void>): void {
    // The failure is kept by the queue, which refuses further appends with it.
    this.#background = Promise.all([this.#background, this.guarded(work).catch(() => undefined)]).then(
      () => undefined,
    );
  }

  #sign(): SignedCheckpoint {
    const { keys, tree } = this.#parts;
    const { size } = tree;
    const root = tree.root();
    return { size, root, note: keys.signNow({ origin: keys.origin, size, root }) };
  }
}

function stopped(cause: unknown): LogError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new LogError('stopped', { what: `the writer stopped: ${what}`, fix: 'Open the log again.', cause });
}
