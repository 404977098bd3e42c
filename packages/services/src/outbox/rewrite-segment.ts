/** Writes a finished segment anew with some records overwritten, beside the old file, ready to take its place. */
import { readdirSync, rmSync } from 'node:fs';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OutboxError } from './errors.ts';
import { editGroups, type RecordEdit } from './group-frame.ts';

const ENDING = '.rewriting';

/** A rewritten segment. Recovery passes over its name: until it is renamed it does not exist. */
export const rewritingPath = (path: string): string => `${path}${ENDING}`;

/**
 * Writes `rewritingPath(path)`, durable and as old as the segment, so that it goes when that would have gone.
 *
 * @throws OutboxError `corrupt` when the segment is damaged
 */
export async function rewriteSegment(path: string, edits: readonly RecordEdit[]): Promise<void> {
  const [bytes, { atime, mtime }] = await Promise.all([readFile(path), stat(path)]);
  if (!editGroups(bytes, edits)) {
    throw new OutboxError('corrupt', {
      what: 'a group of the segment is damaged, so no record in it can be erased',
      where: path,
      fix: 'Restore the file from a copy; what is in it was promised to somebody.',
    });
  }
  const file = await open(rewritingPath(path), 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.utimes(atime, mtime);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Deletes the rewriting of a segment that went meanwhile. */
export const discardRewriting = (path: string): Promise<void> => rm(rewritingPath(path), { force: true });

/** Deletes what a crash left of rewritings: they hold private bytes that nothing would ever drop. */
export function discardLeftovers(directory: string): void {
  for (const name of readdirSync(directory))
    if (name.endsWith(ENDING)) rmSync(join(directory, name), { force: true });
}
