/** The disk port over a directory: one zero-filled file per segment. */
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeError } from '../../errors.ts';
import type { Disk } from './disk.ts';

const NAME = /^(\d{10})\.segment$/;

/** Opens (and makes) a directory of segments. Close it when the node stops. */
export async function openFileDisk(directory: string): Promise<FileDisk> {
  await mkdir(directory, { recursive: true });
  return new FileDisk(directory);
}

export class FileDisk implements Disk, AsyncDisposable {
  readonly #directory: string;
  readonly #handles = new Map<number, Promise<FileHandle>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async list(): Promise<number[]> {
    const names = await readdir(this.#directory);
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async create(segment: number, bytes: number): Promise<void> {
    const handle = await open(this.#path(segment), 'wx+');
    try {
      // Sparse: an fdatasync into zeroed blocks is twice as fast, but to zero them first costs more than that.
      await handle.truncate(bytes);
      await handle.sync();
      await this.#syncDirectory();
    } catch (error) {
      await handle.close();
      await rm(this.#path(segment), { force: true });
      throw named(error);
    }
    this.#handles.set(segment, Promise.resolve(handle));
  }

  async size(segment: number): Promise<number> {
    return (await stat(this.#path(segment))).size;
  }

  async write(segment: number, offset: number, parts: readonly Uint8Array[]): Promise<void> {
    try {
      await writeAll(await this.#handle(segment), parts, offset);
    } catch (error) {
      throw named(error);
    }
  }

  async sync(segment: number): Promise<void> {
    await (await this.#handle(segment)).datasync();
  }

  async read(segment: number, offset: number, length: number): Promise<Uint8Array> {
    const out = Buffer.allocUnsafeSlow(length);
    const handle = await this.#handle(segment);
    for (let done = 0; done < length;) {
      const { bytesRead } = await handle.read(out, done, length - done, offset + done);
      if (bytesRead === 0)
        throw new NodeError('corrupt', { what: `segment ${segment} ends before byte ${offset + length}` });
      done += bytesRead;
    }
    return out;
  }

  async remove(segment: number): Promise<void> {
    const handle = this.#handles.get(segment);
    this.#handles.delete(segment);
    await (await handle)?.close();
    await rm(this.#path(segment));
    await this.#syncDirectory();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#handles.values()];
    this.#handles.clear();
    for (const handle of open) await (await handle).close();
  }

  #handle(segment: number): Promise<FileHandle> {
    const handle = this.#handles.get(segment) ?? open(this.#path(segment), 'r+');
    this.#handles.set(segment, handle);
    return handle;
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #path(segment: number): string {
    return join(this.#directory, `${String(segment).padStart(10, '0')}.segment`);
  }
}

async function writeAll(handle: FileHandle, parts: readonly Uint8Array[], offset: number): Promise<void> {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const { bytesWritten } = await handle.writev(parts, offset);
  // A short write means that the disk is full or a limit was met: what follows would say so, so ask for it.
  if (bytesWritten < total) await writeRest(handle, { parts, offset, done: bytesWritten });
}

async function writeRest(
  handle: FileHandle,
  { parts, offset, done }: { parts: readonly Uint8Array[]; offset: number; done: number },
): Promise<void> {
  const rest = Buffer.concat(parts).subarray(done);
  for (let at = 0; at < rest.length;) {
    const { bytesWritten } = await handle.write(rest, at, rest.length - at, offset + done + at);
    at += bytesWritten;
  }
}

function named(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new NodeError('disk-full', { what: 'the disk is full', cause: error });
}
