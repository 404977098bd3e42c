/** An open log: one writer that appends, signs, publishes and proves. Made by `openLog`. */
import { type Clock, equal, hex, unixSeconds, utf8 } from '@assay/core';
import { MAX_BUNDLED_ENTRY_BYTES } from '../bundle.ts';
import { openCheckpoint } from '../checkpoint.ts';
import { openWitnessedCheckpoint } from '../policy.ts';
import { parseTilePath } from '../tile.ts';
import { formatTlogProof } from '../tlog-proof.ts';
import type { DedupeIndex } from './dedupe-index.ts';
import { flush } from './flush.ts';
import { GroupQueue } from './group-queue.ts';
import type { Group } from './group.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import type { LogKeys } from './log-keys.ts';
import type { AppendRequest, Appended, LogOptions, SignedCheckpoint } from './log-options.ts';
import type { LogTree } from './log-tree.ts';
import { CHECKPOINT_PATH, type PublicFiles } from './public-files.ts';
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
export class Log {
  readonly #parts: LogParts;
  readonly #queue: GroupQueue;
  readonly #segmentBytes: number;
  #segment: SegmentWriter | undefined;
  #newest: SignedCheckpoint;
  #askingSize: number;
  #background: Promise<void> = Promise.resolve();
  #isFlushing = false;
  #isWriting = false;

  /** @internal use `openLog` */
  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#segmentBytes = parts.options.segmentBytes ?? 64 * 1024 * 1024;
    this.#queue = new GroupQueue(
      (group) => this.#commit(group),
      parts.tree.size,
      parts.options.queueLimit ?? 32_768,
    );
    this.#askingSize = parts.askingSize;
    this.#newest = this.#sign();
  }

  get origin(): string {
    return this.#parts.keys.origin;
  }

  /** The log's Ed25519 verifier key. */
  get vkey(): string {
    return this.#parts.keys.vkey;
  }

  /** Durable entries. */
  get size(): number {
    return this.#newest.size;
  }

  /** The newest signed checkpoint, one per group commit: the log's word alone, no witness has seen it. */
  get newest(): SignedCheckpoint {
    return this.#newest;
  }

  /** The published checkpoint note; undefined before the first. */
  get published(): Uint8Array | undefined {
    const { published } = this.#parts.holder.current;
    return published === '' ? undefined : utf8(published);
  }

  /** Whether the log holds an entry, other than quiet ones, that no published checkpoint covers (PROTOCOL 3.1). */
  get needsPublication(): boolean {
    return this.#askingSize > this.#publishedSize;
  }

  /** Resolves with the reason when the writer ends by itself; never after a clean `close`. */
  get ended(): Promise<LogError> {
    return this.#queue.ended;
  }

  /** Why the writer ended, if it did. */
  get failure(): LogError | undefined {
    return this.#queue.failure;
  }

  /**
   * Logs an entry once. Resolves when it is durable and a checkpoint signature covers it.
   *
   * A declared key that an earlier record of the same signer used does not keep the entry out: both are kept, and the
   * conflict is reported (PROTOCOL 1.2).
   *
   * @throws LogError `entry-size` | `overloaded` | `clock-backwards` with nothing taken; `stopped` | `lost-race` |
   *   `corrupt` when the writer has ended: whether the entry is in then shows only when the log is opened again
   */
  async append(request: AppendRequest): Promise<Appended> {
    const [appended] = await this.appendBatch([request]);
    return appended as Appended;
  }

  /** Logs entries in order, as `append` does each; one group commit where they fit one. */
  async appendBatch(requests: readonly AppendRequest[]): Promise<Appended[]> {
    this.#mustTake(requests);
    const waiting = new Set<Group>();
    const appended = requests.map((request) => this.#take(request, waiting));
    for (const group of waiting) await group.done;
    return appended;
  }

  /** First log index of a record id; undefined if it is not in the log. */
  indexOf(id: string): number | undefined {
    const index = this.#parts.dedupe.indexOf(id);
    // Filed at once, durable a moment later: not before it is.
    return index === undefined || index >= this.size ? undefined : index;
  }

  /** Index of the first record by which `signer` declared `key`; undefined if there is none. */
  indexOfKey(signer: string, key: string): number | undefined {
    return this.#parts.dedupe.indexOfKey(signer, key);
  }

  /** Exact bytes of an entry. @throws LogError `not-covered` */
  async entry(index: number): Promise<Uint8Array> {
    return this.#parts.tree.entry(index);
  }

  /**
   * What stands under a public tile path: also the partial tiles of trees that were signed and not published.
   *
   * @throws TileError `path` @throws LogError `not-covered` when the tree has no such tile
   */
  async tileFile(path: string): Promise<Uint8Array> {
    const { level, index, width } = parseTilePath(path);
    const { tree } = this.#parts;
    return level === 'entries' ? tree.bundle({ index, width }) : tree.tile({ level, index, width });
  }

  /** Root of the first `size` entries. @throws LogError `not-covered` */
  async rootAt(size: number): Promise<Uint8Array> {
    return this.#parts.tree.rootAt(size);
  }

  /** RFC 6962 consistency proof. @throws LogError `not-covered` */
  async consistency(oldSize: number, size: number): Promise<Uint8Array[]> {
    return this.#parts.tree.consistency(oldSize, size);
  }

  /**
   * The `.tlog-proof` of an entry under a checkpoint of this log.
   *
   * @param checkpoint note of `newest`, of `published`, or an older one
   * @throws LogError `not-covered` when that tree does not hold the index
   */
  async proofFor(index: number, checkpoint: Uint8Array): Promise<Uint8Array> {
    const { size } = openCheckpoint(checkpoint, this.#parts.keys.verifiers).checkpoint;
    return formatTlogProof({ index, hashes: await this.#parts.tree.inclusion(index, size), checkpoint });
  }

  /** The newest checkpoint signed with every key, to be shown to witnesses and then published. */
  signForPublication(): SignedCheckpoint {
    const { size, root } = this.#newest;
    const note = this.#parts.keys.signFully({ origin: this.origin, size, root }, this.#now());
    return { size, root, note };
  }

  /**
   * Publishes a checkpoint of this log: writes every file its readers need, then the checkpoint itself.
   *
   * @param note signed by this log, and cosigned as the policy asks when there is one
   * @throws PolicyError `quorum` @throws NoteError @throws LogError `not-covered` | `stale` |
   *   `witness-fork` for another tree
   */
  async publish(note: Uint8Array): Promise<void> {
    const { keys, options, tree, holder, files } = this.#parts;
    const { checkpoint } = openCheckpoint(note, keys.verifiers);
    if (options.policy !== undefined) openWitnessedCheckpoint(note, options.policy);
    if (!equal(await tree.rootAt(checkpoint.size), checkpoint.root)) {
      throw new LogError('witness-fork', {
        what: `root ${hex(checkpoint.root)} is not ours at size ${checkpoint.size}`,
      });
    }
    mustNotGoBack(checkpoint.size, this.#publishedSize);
    await this.#guarded(async () => {
      await tree.writeFiles(checkpoint.size);
      // A crash here leaves the row without the note: the next publication covers it. The row comes before the file, so
      // that what readers saw is what a restart serves.
      await holder.change(() => ({ published: new TextDecoder().decode(note), time: this.#now() }));
      await files.replace(CHECKPOINT_PATH, note);
    });
  }

  /** Resolves when every entry taken so far is durable and nothing runs in the background. */
  async settled(): Promise<void> {
    await this.#queue.idle;
    await this.#background;
  }

  /** Finishes what is under way and lets go of the files. The next start is no different after a crash. */
  async close(): Promise<void> {
    await this.settled();
    this.#queue.close();
    await this.#segment?.close();
    await this.#parts.options.row.close();
  }

  get #publishedSize(): number {
    const { published } = this.#parts.holder.current;
    return published === '' ? 0 : Number(published.split('\n', 2)[1]);
  }

  #mustTake(requests: readonly AppendRequest[]): void {
    this.#queue.mustTake(requests.length);
    const large = requests.find(({ bytes }) => bytes.length > MAX_BUNDLED_ENTRY_BYTES);
    if (large !== undefined) {
      const what = `an entry of ${large.bytes.length} bytes is over ${MAX_BUNDLED_ENTRY_BYTES}`;
      throw new LogError('entry-size', { what, fix: 'Log a digest, and keep the content in a blob.' });
    }
    this.#now();
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
    const { tree, holder } = this.#parts;
    this.#segment ??= await SegmentWriter.create(this.#parts.files, {
      origin: this.origin,
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
      time: this.#now(),
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
      this.#isFlushing = false;
    });
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
    this.#background = Promise.all([this.#background, this.#guarded(work).catch(() => undefined)]).then(
      () => undefined,
    );
  }

  /** Runs work on the files; a failure ends the writer, because what is on disk is then unknown. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#queue.failure !== undefined) throw this.#queue.failure;
    try {
      await work();
    } catch (cause) {
      const fatal = cause instanceof LogError ? cause : stopped(cause);
      this.#queue.stop(fatal);
      throw fatal;
    }
  }

  #sign(): SignedCheckpoint {
    const { keys, tree } = this.#parts;
    const { size } = tree;
    const root = tree.root();
    return { size, root, note: keys.signNow({ origin: this.origin, size, root }, this.#now()) };
  }

  /** Unix seconds. @throws LogError `clock-backwards` if the row was written later than that */
  #now(): number {
    return mustAdvance(unixSeconds(this.#parts.clock), this.#parts.holder.current.time);
  }
}

/** Readers hold a log to what it published: a checkpoint is never followed by a smaller one. @throws LogError `stale` */
function mustNotGoBack(size: number, publishedSize: number): void {
  if (size >= publishedSize) return;
  throw new LogError('stale', {
    what: `size ${size} was offered; size ${publishedSize} is published already`,
  });
}

/** @throws LogError `clock-backwards` if `now` is before `last`; both Unix seconds */
export function mustAdvance(now: number, last: number): number {
  if (now >= last) return now;
  throw new LogError('clock-backwards', {
    what: `the clock says ${now}, the newest checkpoint was made at ${last} (Unix seconds)`,
    fix: 'Set the clock right; the log goes on when it has caught up.',
  });
}

function stopped(cause: unknown): LogError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new LogError('stopped', { what: `the writer stopped: ${what}`, fix: 'Open the log again.', cause });
}
