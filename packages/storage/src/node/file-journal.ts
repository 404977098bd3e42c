/** The upload journal in a file: framed entries, appended and fdatasynced; a torn tail is cut off at the next start. */
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { concat } from '@assay/core';
import { le, readLe } from '../bytes.ts';
import type { Journal } from '../client/ports.ts';

/** Length and CRC-32 of an entry, before its bytes. */
const FRAME_BYTES = 8;

/** Opens (and makes) a journal, keeping its whole entries. Dispose of it when done. */
export async function openFileJournal(path: string): Promise<FileJournal> {
  const handle = await open(path, 'a+', 0o600);
  const bytes = await handle.readFile();
  const entries: Uint8Array[] = [];
  let end = 0;
  for (let entry = entryAt(bytes, end); entry !== undefined; entry = entryAt(bytes, end)) {
    entries.push(entry);
    end += FRAME_BYTES + entry.length;
  }
  await handle.truncate(end);
  return new FileJournal(handle, entries);
}

function entryAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  if (at + FRAME_BYTES > bytes.length) return undefined;
  const entry = bytes.subarray(at + FRAME_BYTES, at + FRAME_BYTES + readLe(bytes, at, 4));
  return entry.length === readLe(bytes, at, 4) && crc32(entry) === readLe(bytes, at + 4, 4)
    ? entry
    : undefined;
}

export class FileJournal implements Journal, AsyncDisposable {
  readonly entries: readonly Uint8Array[];
  readonly #handle: FileHandle;
  #pending: Uint8Array[] = [];

  constructor(handle: FileHandle, entries: readonly Uint8Array[]) {
    this.#handle = handle;
    this.entries = entries;
  }

  append(entry: Uint8Array): void {
    this.#pending.push(le(entry.length, 4), le(crc32(entry), 4), entry);
  }

  async sync(): Promise<void> {
    const bytes = concat(...this.#pending);
    this.#pending = [];
    if (bytes.length === 0) return;
    // A crash within this leaves a torn entry, which the next start cuts off: its receipt was not shown yet.
    await this.#handle.appendFile(bytes);
    await this.#handle.datasync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
