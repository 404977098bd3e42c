/** The file port on a real disk, over node:fs. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { AppendFile, LogFiles } from './log-files.ts';

/** Files below `directory`, which is made if absent. */
export function diskFiles(directory: string): LogFiles {
  const made = mkdirSync(join(directory, TEMPORARY), { recursive: true });
  // The log's own directory has to outlast a power cut as well, and every new one that leads to it.
  if (made !== undefined) syncUpTo(directory, dirname(made));
  return new DiskFiles(directory);
}

const TEMPORARY = 'tmp';
let temporaries = 0;

class DiskFiles implements LogFiles {
  readonly #root: string;
  readonly #made = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.#root, path));
    } catch (cause) {
      if (hasCode(cause, 'ENOENT')) return undefined;
      throw cause;
    }
  }

  async list(directory: string): Promise<readonly string[]> {
    try {
      const entries = await readdir(join(this.#root, directory), { withFileTypes: true });
      return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).toSorted();
    } catch (cause) {
      if (hasCode(cause, 'ENOENT')) return [];
      throw cause;
    }
  }

  async create(path: string): Promise<AppendFile | undefined> {
    const full = join(this.#root, path);
    await this.#directoryOf(full);
    try {
      const handle = await open(full, 'ax+');
      await this.#syncDirectories([full]);
      return new DiskAppendFile(handle);
    } catch (cause) {
      if (hasCode(cause, 'EEXIST')) return undefined;
      throw cause;
    }
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const full = join(this.#root, path);
    await this.#directoryOf(full);
    // The process id keeps two writers that race for one log out of each other's half-written files.
    const temporary = join(this.#root, TEMPORARY, `${process.pid}-${temporaries++}`);
    await writeFile(temporary, bytes);
    try {
      await rename(temporary, full);
    } catch (cause) {
      await unlink(temporary);
      throw cause;
    }
  }

  async sync(paths: readonly string[]): Promise<void> {
    const files = paths.map((path) => join(this.#root, path));
    for (const file of files) await syncOne(file);
    await this.#syncDirectories(files);
  }

  async remove(paths: readonly string[]): Promise<void> {
    const files = paths.map((path) => join(this.#root, path));
    for (const file of files) await rm(file, { recursive: true, force: true });
    for (const file of files) this.#made.delete(file);
    await this.#syncDirectories(files);
  }

  async #directoryOf(full: string): Promise<void> {
    const directory = dirname(full);
    if (this.#made.has(directory)) return;
    await mkdir(directory, { recursive: true });
    this.#made.add(directory);
  }

  /** Every directory from the files' own up to the log's: the names on the way may be as new as the files. */
  async #syncDirectories(files: readonly string[]): Promise<void> {
    if (process.platform === 'win32') return; // NTFS journals names; a directory cannot be opened to be synced.
    const directories = new Set<string>();
    for (const file of files) {
      for (let at = dirname(file); at.length >= this.#root.length; at = dirname(at)) {
        if (directories.has(at) || at === dirname(at)) break;
        directories.add(at);
      }
    }
    for (const directory of directories) {
      // What is removed may never have been there, and its directory neither.
      if (existsSync(directory)) await syncOne(directory);
    }
  }
}

/**
 * Writes and reads go to the page cache, which takes microseconds; a trip to a worker thread would cost more than they
 * do. Only the sync, which waits for the disk, is sent there.
 */
class DiskAppendFile implements AppendFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    // write() may take less than it was given.
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#handle.fd, bytes, done, bytes.length - done);
    }
  }

  async readBack(offset: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    let done = 0;
    while (done < length) {
      const read = readSync(this.#handle.fd, bytes, done, length - done, offset + done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  }

  async datasync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function syncUpTo(directory: string, top: string): void {
  if (process.platform === 'win32') return;
  for (let at = resolve(directory); at.length >= resolve(top).length; at = dirname(at)) {
    const handle = openSync(at, 'r');
    fsyncSync(handle);
    closeSync(handle);
    if (at === dirname(at)) return;
  }
}

async function syncOne(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
