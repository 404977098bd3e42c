/** A lock on a directory that the operating system takes back when its holder dies, however it dies. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OutboxError } from './errors.ts';

/**
 * Locks `directory` until disposed of. A file lock of SQLite's, since nothing in Node itself locks files.
 *
 * @throws OutboxError `locked`
 */
export function lockDirectory(directory: string): Disposable {
  const database = new DatabaseSync(join(directory, 'lock.sqlite'));
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new OutboxError('locked', {
      what: 'another process has this outbox open',
      where: directory,
      fix: 'Stop that process, or give this one a directory of its own.',
      cause,
    });
  }
  return { [Symbol.dispose]: () => database.close() };
}
