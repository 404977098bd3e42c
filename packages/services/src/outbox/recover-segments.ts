/** Reads a journal's segments back after a stop of any kind. */
import { closeSync, fdatasyncSync, ftruncateSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OutboxError } from './errors.ts';
import { hasGroupAfter, readGroup } from './group-frame.ts';
import type { RecordPlace } from './journal.ts';

/** A segment's file. Its name is the number of its first group. */
export const segmentPath = (directory: string, first: number): string =>
  join(directory, `${String(first).padStart(16, '0')}.journal`);

/** What recovery found. */
export interface Recovered {
  /** Number of the next group. */
  readonly nextGroup: number;
  /** First group of each segment, oldest first. */
  readonly segments: readonly number[];
  /** Bytes of a group that was being written when the process stopped; they were promised to nobody. */
  readonly tornBytes: number;
}

/**
 * Gives every durable record of the journal in `directory` to `onRecord`, oldest first, and cuts a torn tail off.
 *
 * @throws OutboxError `corrupt` when anything but the tail is damaged or a segment is missing
 */
export function recoverSegments(
  directory: string,
  onRecord: (bytes: Uint8Array, place: RecordPlace) => void,
): Recovered {
  const segments = segmentsOf(directory);
  let nextGroup = segments[0] ?? 0;
  let tornBytes = 0;
  for (const [i, segment] of segments.entries()) {
    const path = segmentPath(directory, segment);
    if (segment !== nextGroup) {
      throw new OutboxError('corrupt', {
        what: `groups ${nextGroup} to ${segment - 1} are missing`,
        where: path,
      });
    }
    const file = readFileSync(path);
    const read = readSegment(file, { segment, path }, onRecord);
    nextGroup = read.nextGroup;
    if (read.end === file.length) continue;
    if (i !== segments.length - 1) throw damaged(path, read.end, 'a segment that was finished has a bad end');
    tornBytes = file.length - read.end;
    truncate(path, read.end);
  }
  return { nextGroup, segments, tornBytes };
}

function segmentsOf(directory: string): number[] {
  return readdirSync(directory)
    .filter((name) => /^\d{16}\.journal$/.test(name))
    .map((name) => Number(name.slice(0, 16)))
    .toSorted((a, b) => a - b);
}

function readSegment(
  file: Uint8Array,
  { segment, path }: { segment: number; path: string },
  onRecord: (bytes: Uint8Array, place: RecordPlace) => void,
): { nextGroup: number; end: number } {
  let number = segment;
  for (let at = 0; ;) {
    const group = readGroup(file, at, number);
    if (group.kind === 'end') return { nextGroup: number, end: at };
    if (group.kind === 'bad') {
      if (hasGroupAfter(file, at)) throw damaged(path, at, group.what);
      return { nextGroup: number, end: at };
    }
    for (const { offset, bytes } of group.records) onRecord(bytes, { segment, offset, length: bytes.length });
    number += 1;
    at = group.end;
  }
}

function truncate(path: string, length: number): void {
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, length);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}

const damaged = (path: string, at: number, what: string): OutboxError =>
  new OutboxError('corrupt', {
    what,
    where: `${path} byte ${at}`,
    fix: 'Restore the file from a copy; what follows this byte was promised to somebody.',
  });
