/** An open log: appends, publishes, proves and serves. Made by `openLog`. */
import { equal, hex, unixSeconds, utf8 } from '@assay/core';
import { openCheckpoint } from '../checkpoint.ts';
import { openWitnessedCheckpoint } from '../policy.ts';
import { parseTilePath, TILE_WIDTH } from '../tile.ts';
import { formatTlogProof } from '../tlog-proof.ts';
import { LogError } from './log-error.ts';
import type { AppendRequest, Appended, SignedCheckpoint } from './log-options.ts';
import { mustAdvance } from './must-advance.ts';
import { CHECKPOINT_PATH } from './public-files.ts';
import { type LogParts, Writer } from './writer.ts';

/** A log directory, held open by its one writer. */
export class Log {
  readonly #parts: LogParts;
  readonly #writer: Writer;

  /** @internal use `openLog` */
  constructor(parts: LogParts) {
    this.#parts = parts;
    this.#writer = new Writer(parts);
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
    return this.#writer.newest.size;
  }

  /** The newest signed checkpoint, one per group commit: the log's word alone, no witness has seen it. */
  get newest(): SignedCheckpoint {
    return this.#writer.newest;
  }

  /** The published checkpoint note; undefined before the first. */
  get published(): Uint8Array | undefined {
    const { published } = this.#parts.holder.current;
    return published === '' ? undefined : utf8(published);
  }

  /** Whether the log holds an entry, other than quiet ones, that no published checkpoint covers (PROTOCOL 3.1). */
  get needsPublication(): boolean {
    return this.#writer.askingSize > this.#publishedSize;
  }

  /** Resolves with the reason when the writer ends by itself; never after a clean `close`. */
  get ended(): Promise<LogError> {
    return this.#writer.ended;
  }

  /** Why the writer ended, if it did. */
  get failure(): LogError | undefined {
    return this.#writer.failure;
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
    return this.#writer.append(requests);
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
    this.#mustCover(index + 1);
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
    // Entries on their way to the row are in the tree already; nobody sees them before they are signed for.
    this.#mustCover((index * TILE_WIDTH + width) * TILE_WIDTH ** (level === 'entries' ? 0 : level));
    return level === 'entries' ? tree.bundle({ index, width }) : tree.tile({ level, index, width });
  }

  /** Root of the first `size` entries. @throws LogError `not-covered` */
  async rootAt(size: number): Promise<Uint8Array> {
    this.#mustCover(size);
    return this.#parts.tree.rootAt(size);
  }

  /** RFC 6962 consistency proof. @throws LogError `not-covered` */
  async consistency(oldSize: number, size: number): Promise<Uint8Array[]> {
    this.#mustCover(size);
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
    const { size, root } = this.newest;
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
    const time = this.#now();
    await this.#writer.guarded(async () => {
      await tree.writeFiles(checkpoint.size);
      // A crash here leaves the row without the note: the next publication covers it. The row comes before the file, so
      // that what readers saw is what a restart serves.
      await holder.change(() => ({ published: new TextDecoder().decode(note), time }));
      await files.replace(CHECKPOINT_PATH, note);
    });
  }

  /** Resolves when every entry taken so far is durable and nothing runs in the background. */
  async settled(): Promise<void> {
    await this.#writer.settled();
  }

  /** Finishes what is under way and lets go of the files. The next start is no different after a crash. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#parts.options.row.close();
  }

  get #publishedSize(): number {
    const { published } = this.#parts.holder.current;
    return published === '' ? 0 : Number(published.split('\n', 2)[1]);
  }

  #mustCover(size: number): void {
    if (size <= this.size) return;
    throw new LogError('not-covered', {
      what: `the log has signed for ${this.size} entries, not for ${size}`,
    });
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
