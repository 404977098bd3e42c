/**
 * A mirror: another log's entries and tiles, every byte verified before it is kept, in the folder that a log of that
 * origin would have under `public/`. Any static server serves it as the log; `rebuild.ts` makes a log of it again.
 *
 * `checkpoint` is the newest that witnesses saw; `newest-checkpoint` may go beyond it on the log's word alone, so that
 * a log rebuilt from here need not sign a second tree over what it had signed before.
 */
import { equal, hex } from '@assay/core';
import { decodeBundle } from '../../bundle.ts';
import { openCheckpoint } from '../../checkpoint.ts';
import type { Checkpoint } from '../../checkpoint-text.ts';
import { CompactRange } from '../../compact-range.ts';
import { TileError } from '../../errors.ts';
import { leafHash } from '../../merkle.ts';
import { openWitnessedCheckpoint } from '../../policy.ts';
import type { Policy } from '../../policy-parse.ts';
import { bundlePath, fullOf, newBundles, newTiles, TILE_WIDTH } from '../../tile.ts';
import type { LogFiles } from '../log-files.ts';
import { LogTree } from '../log-tree.ts';
import { CHECKPOINT_PATH, PUBLIC, publicBundlePath, PublicFiles, publicTilePath } from '../public-files.ts';
import { bundledEntries } from '../replay.ts';
import { MirrorError } from './mirror-error.ts';

/** The note of the newest tree that is held. */
export const NEWEST_PATH = `${PUBLIC}/newest-checkpoint`;

/** Where a log's files are read from; nothing of it is believed. Undefined for a file that is not there. */
export interface MirrorSource {
  read(path: string): Promise<Uint8Array | undefined>;
}

/** What one pull brought. */
export interface Pulled {
  readonly from: number;
  /** Entries held now. */
  readonly size: number;
  readonly root: Uint8Array;
  /** The witnessed checkpoint that is held. */
  readonly witnessed: Uint8Array;
}

interface Head extends Checkpoint {
  readonly note: Uint8Array;
}

/** A folder that follows one log. One process at a time. */
export class Mirror {
  readonly #files: LogFiles;
  readonly #policy: Policy;
  readonly #tree: LogTree;
  /** The same tree again, so that what does not lead to a signed root is never taken in. */
  #range = new CompactRange();

  /** Reads back what is held. @throws MirrorError `corrupt`; LogError `missing` | `corrupt` */
  static async open(files: LogFiles, policy: Policy): Promise<Mirror> {
    const mirror = new Mirror(files, policy);
    const note = (await files.read(NEWEST_PATH)) ?? (await files.read(CHECKPOINT_PATH));
    if (note !== undefined) await mirror.#readBack(mirror.#own(note));
    return mirror;
  }

  private constructor(files: LogFiles, policy: Policy) {
    this.#files = files;
    this.#policy = policy;
    this.#tree = new LogTree(new PublicFiles(files, 64));
  }

  /** Entries held. */
  get size(): number {
    return this.#tree.size;
  }

  /**
   * Brings the mirror up to what the source has signed. Nothing is kept that the log's signature does not cover, and no
   * checkpoint is published here that the policy's witnesses did not see.
   *
   * @throws MirrorError; NoteError, CheckpointError, PolicyError for checkpoints that do not verify
   */
  async pull(source: MirrorSource): Promise<Pulled> {
    const from = this.size;
    const published = await this.#witnessed(source);
    const newest = await this.#newest(source, published);
    const entries = await this.#fetch(source, newest.size);
    const range = this.#verified(entries, [published, newest]);
    for (const entry of entries) this.#tree.integrate(entry);
    this.#range = range;
    await this.#keep(from, published, newest);
    return { from, size: newest.size, root: newest.root, witnessed: published.note };
  }

  async #witnessed(source: MirrorSource): Promise<Head> {
    const note = await source.read('checkpoint');
    if (note === undefined)
      throw new MirrorError('empty', { what: 'the source has no checkpoint', where: 'checkpoint' });
    return { ...openWitnessedCheckpoint(note, this.#policy).checkpoint, note };
  }

  /** What the log signed beyond it, where it tells. */
  async #newest(source: MirrorSource, published: Head): Promise<Head> {
    const note = await source.read('newest-checkpoint');
    const newest = note === undefined ? published : this.#own(note);
    const head = newest.size > published.size ? newest : published;
    if (head.size >= this.size) return head;
    throw new MirrorError('shrunk', {
      what: `the source signs ${head.size} entries; ${this.size} are held here`,
      fix: 'Keep this mirror: it holds what the source has lost.',
    });
  }

  async #fetch(source: MirrorSource, size: number): Promise<Uint8Array[]> {
    const fresh: Uint8Array[] = [];
    for (const at of newBundles(this.size, size)) {
      const full = at.width === TILE_WIDTH ? undefined : await source.read(bundlePath(at));
      const bytes = full ?? (await source.read(bundlePath(fullOf(at))));
      const entries =
        bytes === undefined ? undefined : split(bytes, full === undefined ? TILE_WIDTH : at.width);
      if (entries === undefined) {
        throw new MirrorError('incomplete', {
          what: `entries ${at.index * TILE_WIDTH} to ${size} are signed and not served`,
          where: bundlePath(at),
        });
      }
      fresh.push(...entries.slice(Math.max(0, this.size - at.index * TILE_WIDTH), at.width));
    }
    return fresh;
  }

  /** The range over all entries, if it passes through every signed root. @throws MirrorError `split-view` */
  #verified(entries: readonly Uint8Array[], heads: readonly Head[]): CompactRange {
    const range = this.#range.clone();
    const roots = new Map<number, Uint8Array>([[range.size, range.root()]]);
    const due = new Set(heads.map(({ size }) => size));
    for (const entry of entries) {
      range.append(leafHash(entry));
      if (due.has(range.size)) roots.set(range.size, range.root());
    }
    for (const { size, root } of heads) {
      const ours = roots.get(size);
      if (ours === undefined || equal(ours, root)) continue;
      throw new MirrorError('split-view', {
        what: `the entries lead to ${hex(ours)} at size ${size}, and the log signed ${hex(root)}`,
        fix: 'Keep the mirror and the checkpoint: together they are proof against the log.',
      });
    }
    return range;
  }

  /** Files first and durable, then what points at them. A crash between leaves files that nothing points at yet. */
  async #keep(from: number, published: Head, newest: Head): Promise<void> {
    const files = this.#files;
    // A published size below what was held already has its files; its root was checked when it was the newest.
    const isOld = published.size < from;
    if (isOld) await this.#mustHold(published);
    else await this.#tree.writeFiles(published.size);
    await this.#tree.writeFiles(newest.size);
    const heads = isOld ? [newest] : [published, newest];
    const paths = heads.flatMap(({ size }) => [
      ...Array.from(newBundles(from, size), (at) => [publicBundlePath(at), publicBundlePath(fullOf(at))]),
      ...Array.from(newTiles(from, size), (at) => [publicTilePath(at), publicTilePath(fullOf(at))]),
    ]);
    await files.sync(await this.#present(paths));
    await files.replace(CHECKPOINT_PATH, published.note);
    await files.replace(NEWEST_PATH, newest.note);
    await files.sync([CHECKPOINT_PATH, NEWEST_PATH]);
  }

  async #present(pairs: readonly (readonly string[])[]): Promise<string[]> {
    const found = new Set<string>();
    for (const pair of pairs)
      for (const path of pair) if ((await this.#files.read(path)) !== undefined) found.add(path);
    return [...found];
  }

  async #mustHold({ size, root }: Head): Promise<void> {
    const ours = await this.#tree.rootAt(size);
    if (equal(ours, root)) return;
    throw new MirrorError('split-view', {
      what: `the mirror holds root ${hex(ours)} at size ${size}, and witnesses saw ${hex(root)}`,
      fix: 'Keep both: together they are proof against the log.',
    });
  }

  async #readBack(head: Head): Promise<void> {
    for await (const entries of bundledEntries(this.#files, head.size)) {
      for (const entry of entries) {
        this.#tree.integrate(entry);
        this.#range.append(leafHash(entry));
      }
    }
    if (this.size === head.size && equal(this.#range.root(), head.root)) return;
    throw new MirrorError('corrupt', {
      what: `the files held lead to ${hex(this.#range.root())}, and the checkpoint beside them says ${hex(head.root)}`,
      fix: 'Move them away and mirror anew.',
    });
  }

  #own(note: Uint8Array): Head {
    const verifiers = this.#policy.logs.map(({ verifier }) => verifier);
    return { ...openCheckpoint(note, verifiers).checkpoint, note };
  }
}

function split(bytes: Uint8Array, width: number): Uint8Array[] | undefined {
  try {
    return decodeBundle(bytes, width);
  } catch (error) {
    if (error instanceof TileError) return undefined;
    throw error;
  }
}
