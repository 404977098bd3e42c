/** Makes the files of finished segments durable, checks them against each other, and only then lets the segments go. */
import { equal } from '@assay/core';
import { HASH_BYTES } from '../merkle.ts';
import { fullOf, newBundles, newTiles, type Tile, TILE_WIDTH, tileWidth } from '../tile.ts';
import type { SegmentRef } from './checkpoint-row.ts';
import { GrowingTile } from './growing-tile.ts';
import type { LogFiles } from './log-files.ts';
import type { LogTree } from './log-tree.ts';
import { corrupt, publicBundlePath, publicTilePath } from './public-files.ts';
import { bundledSize, readSegment, segmentPath, segmentStart } from './replay.ts';
import type { RowHolder } from './row-holder.ts';
import { decodeRecord } from './segment.ts';
import { presentPath, readBundle, readTile } from './stored-files.ts';

/** What a flush works on. */
export interface FlushInput {
  readonly files: LogFiles;
  readonly tree: LogTree;
  readonly holder: RowHolder;
}

/**
 * Lets go of `finished`, the oldest segments of the row, which end at tree size `end`.
 *
 * A crash anywhere here leaves the segments in the row, or the files durable, or both.
 */
export async function flush(input: FlushInput, finished: readonly SegmentRef[], end: number): Promise<void> {
  const { files, tree, holder } = input;
  const start = bundledSize(holder.current);
  await tree.writeFiles(end);
  const stored = await storedPaths(files, start, end);
  await files.sync(stored.needed);
  await checkFiles(input, finished, end);
  await files.remove(stored.obsolete);
  const names = new Set(finished.map((segment) => segment.name));
  await holder.change((row) => ({ segments: row.segments.filter((segment) => !names.has(segment.name)) }));
  await removeOldSegments(files, holder, end);
}

interface StoredPaths {
  /** Full files, and every partial one at the right edge. */
  readonly needed: readonly string[];
  /** Directories of partial ones that have become full (tlog-tiles, "Partial Tiles"). */
  readonly obsolete: readonly string[];
}

/** The files of (start, end]: a partial one that has become full meanwhile stands as the full one. */
async function storedPaths(files: LogFiles, start: number, end: number): Promise<StoredPaths> {
  const needed: string[] = [];
  const obsolete: string[] = [];
  const add = async (path: string, fullPath: string): Promise<void> => {
    if ((await presentPath(files, path, fullPath)) === fullPath) {
      needed.push(fullPath);
      obsolete.push(`${fullPath}.p`);
    } else {
      const names = await files.list(`${fullPath}.p`);
      needed.push(...names.map((name) => `${fullPath}.p/${name}`));
    }
  };
  for (const tile of newTiles(start, end)) await add(publicTilePath(tile), publicTilePath(fullOf(tile)));
  for (const bundle of newBundles(start, end))
    await add(publicBundlePath(bundle), publicBundlePath(fullOf(bundle)));
  return { needed, obsolete };
}

/** Bundles against the segments that they replace, each full tile against the level above: files against files. */
async function checkFiles(input: FlushInput, finished: readonly SegmentRef[], end: number): Promise<void> {
  const { files, holder } = input;
  const start = bundledSize(holder.current);
  const segments = segmentEntries(input, finished);
  for (const bundle of newBundles(start, end)) {
    const entries = await readBundle(files, bundle);
    // The first bundle may begin before the first segment: that part was checked when it was flushed.
    for (const entry of entries.slice(Math.max(0, start - bundle.index * TILE_WIDTH))) {
      const { value } = await segments.next();
      if (value !== undefined && equal(entry, value)) continue;
      throw corrupt(publicBundlePath(bundle), 'the bundle and the segment differ after being synced');
    }
  }
  for (const tile of newTiles(start, end)) if (tile.width === TILE_WIDTH) await checkUpward(files, tile, end);
}

/** The entries of the finished segments, one after the other. */
async function* segmentEntries(
  { files, holder }: FlushInput,
  finished: readonly SegmentRef[],
): AsyncGenerator<Uint8Array, undefined> {
  for (const ref of finished) {
    const segment = await readSegment(files, ref, holder.current.origin);
    for (let at = segment.records; at < ref.bytes;) {
      const record = decodeRecord(segment.bytes, at);
      if (record === undefined) throw corrupt(segmentPath(ref.name), `the record at byte ${at} is damaged`);
      yield* record.value.entries;
      at = record.next;
    }
  }
  return undefined;
}

async function checkUpward(files: LogFiles, tile: Tile, size: number): Promise<void> {
  const level = tile.level + 1;
  const index = Math.floor(tile.index / TILE_WIDTH);
  const above = await readTile(files, { level, index, width: tileWidth(level, index, size) });
  const at = (tile.index % TILE_WIDTH) * HASH_BYTES;
  if (equal(GrowingTile.from(await readTile(files, tile)).root(), above.subarray(at, at + HASH_BYTES)))
    return;
  throw corrupt(publicTilePath(tile), 'the tile and the one above it differ after being synced');
}

/**
 * Removes the segments that the row no longer names, strays of beaten writers among them: none of those can swap any
 * more. One that starts at `end` or later may be our own, made a moment ago and not yet in the row.
 */
async function removeOldSegments(files: LogFiles, holder: RowHolder, end: number): Promise<void> {
  const named = new Set(holder.current.segments.map((segment) => segment.name));
  const old = (await files.list('wal')).filter((name) => !named.has(name) && segmentStart(name) < end);
  await files.remove(old.map(segmentPath));
}
