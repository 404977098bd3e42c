/** Reads a log's entries back from disk, oldest first, refusing whatever the checkpoint row does not cover exactly. */
import { equal, hex } from '@assay/core';
import { newBundles } from '../tile.ts';
import type { RowState, SegmentRef } from './checkpoint-row.ts';
import { LogError } from './log-error.ts';
import type { LogFiles } from './log-files.ts';
import { corrupt } from './public-files.ts';
import { decodeHeader, decodeRecord, type SegmentRecord } from './segment.ts';
import { readBundle } from './stored-files.ts';

/** Path of a segment. */
export const segmentPath = (name: string): string => `wal/${name}`;

/** Name of the `attempt`-th segment that begins at tree size `start`. */
export const segmentName = (start: number, attempt: number): string =>
  `${String(start).padStart(16, '0')}-${attempt}.seg`;

/** The tree size in a segment's name. */
export const segmentStart = (name: string): number => Number(name.slice(0, 16));

/** How far the tree has come; the replay compares each record with it. */
export interface TreeState {
  readonly size: number;
  root(): Uint8Array;
}

/** Number of entries that are in durable bundles; the rest are in segments. */
export function bundledSize(row: RowState): number {
  return row.segments[0]?.start ?? row.size;
}

/** Every entry of the durable bundles below `size`, in groups of a bundle. */
export async function* bundledEntries(files: LogFiles, size: number): AsyncGenerator<Uint8Array[]> {
  for (const bundle of newBundles(0, size)) yield await readBundle(files, bundle);
}

/** The bytes of a segment, with its header checked. @throws LogError `row-ahead` | `corrupt` | `wrong-origin` */
export async function readSegment(
  files: LogFiles,
  ref: SegmentRef,
  origin: string,
): Promise<{ bytes: Uint8Array; records: number }> {
  const path = segmentPath(ref.name);
  const bytes = await files.read(path);
  if (bytes === undefined || bytes.length < ref.bytes) {
    throw new LogError('row-ahead', {
      what: `the checkpoint covers ${ref.bytes} bytes of this segment; it has ${bytes?.length ?? 'none'}`,
      where: path,
      fix: 'The files are older than the checkpoint row (a restored snapshot?). Restore both from one moment, the newest.',
    });
  }
  const header = decodeHeader(bytes);
  if (header === undefined || header.value.start !== ref.start) throw corrupt(path, 'the header is damaged');
  if (header.value.origin !== origin) {
    throw new LogError('wrong-origin', {
      what: `the segment belongs to ${header.value.origin}`,
      where: path,
    });
  }
  return { bytes, records: header.next };
}

/** The records up to `ref.bytes`, each of which must be whole. @throws LogError `corrupt` */
export function* coveredRecords(
  segment: { bytes: Uint8Array; records: number },
  ref: SegmentRef,
  tree: TreeState,
): Generator<SegmentRecord> {
  let at = segment.records;
  while (at < ref.bytes) {
    const record = decodeRecord(segment.bytes, at);
    if (record === undefined || !continues(record.value, tree)) {
      throw corrupt(`${segmentPath(ref.name)}, byte ${at}`, `the record of entry ${tree.size} is damaged`);
    }
    yield record.value;
    at = record.next;
  }
}

/**
 * Whole records beyond what the row covers. They were durable and perhaps not acknowledged when the writer died; taking
 * them is safe either way, dropping them is not if the row is older than it should be.
 */
export function* furtherRecords(
  segment: { bytes: Uint8Array },
  from: number,
  tree: TreeState,
): Generator<{ record: SegmentRecord; end: number }> {
  for (let at = from; ;) {
    const record = decodeRecord(segment.bytes, at);
    if (record === undefined || !continues(record.value, tree)) return;
    yield { record: record.value, end: record.next };
    at = record.next;
  }
}

/** @throws LogError `corrupt` unless the tree is the one the row signs for */
export function mustMatch(tree: TreeState, size: number, root: string, where: string): void {
  if (tree.size === size && hex(tree.root()) === root) return;
  throw corrupt(
    where,
    `the entries lead to size ${tree.size} and root ${hex(tree.root())}, not ${size} and ${root}`,
  );
}

const continues = (record: SegmentRecord, tree: TreeState): boolean =>
  record.first === tree.size && equal(record.rootBefore, tree.root());
