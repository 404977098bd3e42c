/**
 * Recovery: what opening a log does, after a clean close and after a crash alike.
 *
 * The row is the truth. Entries are read back and integrated by the same function as new ones; the durable tiles must
 * equal what they lead to, the others are made again. Nothing is signed here.
 */
import { equal, hex } from '@assay/core';
import { TILE_WIDTH } from '../tile.ts';
import type { RowState, SegmentRef } from './checkpoint-row.ts';
import type { GrowingTile } from './growing-tile.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import type { LogTree, TileSink } from './log-tree.ts';
import { corrupt, type PublicFiles, publicTilePath } from './public-files.ts';
import {
  bundledEntries,
  bundledSize,
  coveredRecords,
  furtherRecords,
  mustMatch,
  readSegment,
} from './replay.ts';
import { decodeHeader } from './segment.ts';

/** What recovery works on. */
export interface RecoverInput {
  readonly files: LogFiles;
  readonly row: RowState;
  readonly tree: LogTree;
  readonly publicFiles: PublicFiles;
  /** Told of every entry, in order. */
  readonly onEntry: (entry: Uint8Array, index: number) => void;
}

/**
 * Brings `tree` to the state of the row, and beyond it by whatever was durable and not yet swapped in.
 *
 * @returns the segments as they now stand; the tree may be larger than the row, which the caller then swaps forward
 * @throws LogError `missing` | `corrupt` | `row-ahead` | `wrong-origin`
 */
export async function recover(input: RecoverInput): Promise<readonly SegmentRef[]> {
  const { row, tree } = input;
  await readBundles(input, bundledSize(row));
  const segments: SegmentRef[] = [];
  for (const ref of row.segments) segments.push(await replaySegment(input, ref, ref === row.segments.at(-1)));
  if (row.segments.length === 0) mustMatch(tree, row.size, row.root, 'public/tile/entries');
  return segments;
}

async function readBundles(input: RecoverInput, size: number): Promise<void> {
  const { files, tree, publicFiles } = input;
  const check = new DurableCheck(files, publicFiles);
  tree.drainInto(check);
  for await (const entries of bundledEntries(files, size)) {
    for (const entry of entries) integrate(input, entry);
    await check.compare();
  }
  tree.drainInto(publicFiles);
}

async function replaySegment(input: RecoverInput, ref: SegmentRef, isLast: boolean): Promise<SegmentRef> {
  const { files, row, tree } = input;
  const segment = await readSegment(files, ref, row.origin);
  const root = decodeHeader(segment.bytes)?.value.root;
  if (root !== undefined) mustMatch(tree, ref.start, hex(root), `the entries before wal/${ref.name}`);
  for (const record of coveredRecords(segment, ref, tree)) integrateAll(input, record.entries);
  if (!isLast) return ref;
  mustMatch(tree, row.size, row.root, `wal/${ref.name}`);
  let bytes = ref.bytes;
  for (const { record, end } of furtherRecords(segment, ref.bytes, tree)) {
    integrateAll(input, record.entries);
    bytes = end;
  }
  return { ...ref, bytes };
}

function integrateAll(input: RecoverInput, entries: readonly Uint8Array[]): void {
  for (const entry of entries) integrate(input, entry);
}

function integrate({ tree, onEntry }: RecoverInput, entry: Uint8Array): void {
  onEntry(entry, tree.size);
  tree.integrate(entry);
}

/** Compares tiles that were made durable with what their entries lead to. */
class DurableCheck implements TileSink {
  readonly #files: LogFiles;
  readonly #public: PublicFiles;
  #due: { path: string; tile: GrowingTile }[] = [];

  constructor(files: LogFiles, publicFiles: PublicFiles) {
    this.#files = files;
    this.#public = publicFiles;
  }

  addTile(level: number, index: number, tile: GrowingTile): void {
    this.#due.push({ path: publicTilePath({ level, index, width: TILE_WIDTH }), tile });
  }

  addBundle(): void {
    // Bundles are what the tree is being made from: the root judges them.
  }

  async compare(): Promise<void> {
    for (const { path, tile } of this.#due) {
      const stored = await this.#files.read(path);
      if (stored === undefined) {
        throw new LogError('missing', {
          what: 'a durable tile is gone',
          where: path,
          fix: 'Restore it from a mirror.',
        });
      }
      if (!equal(stored, tile.bytes(TILE_WIDTH))) {
        throw corrupt(path, 'the tile, or the entries below it, are not what was made durable');
      }
      this.#public.remember(path, tile);
    }
    this.#due = [];
  }
}
