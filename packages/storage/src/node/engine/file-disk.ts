/** The disk port over a directory: one zero-filled file per segment. */
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { NodeError } from '../../errors.ts';
import { type DirectFile, makeStages, openDirect, type Stages } from './direct-file.ts';
import type { Disk } from './disk.ts';
import { BLOCK_BYTES } from './record.ts';

const NAME = /^(\d{10})\.segment$/;

/** Opens (and makes) a directory of segments. Close it when the node stops. */
export async function openFileDisk(directory: string): Promise<FileDisk> {
  await mkdir(directory, { recursive: true });
  return new FileDisk(directory);
}

export class FileDisk implements Disk, AsyncDisposable {
  readonly #directory: string;
  readonly #handles = new Map<number, Promise<FileHandle>>();
  #stages: Stages | undefined;
  /** The newest segment past the page cache, where the file system can. */
  #direct: { readonly segment: number; readonly file: DirectFile } | undefined;

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
      await handle.truncate(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES);
      await handle.sync();
      await this.#syncDirectory();
      await this.#goDirect(segment);
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
      if (await this.#appended(segment, offset, parts)) return;
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
    if (this.#direct?.segment === segment) await this.#endDirect();
    const handle = this.#handles.get(segment);
    this.#handles.delete(segment);
    await (await handle)?.close();
    await rm(this.#path(segment));
    await this.#syncDirectory();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endDirect();
    const open = [...this.#handles.values()];
    this.#handles.clear();
    for (const handle of open) await (await handle).close();
  }

  async #goDirect(segment: number): Promise<void> {
    await this.#endDirect();
    this.#stages ??= makeStages();
    const file = this.#stages && (await openDirect(this.#path(segment), this.#stages));
    if (file !== undefined) this.#direct = { segment, file };
  }

  async #endDirect(): Promise<void> {
    const ended = this.#direct;
    this.#direct = undefined;
    await ended?.file.close();
  }

  /** Past the page cache as long as one write follows another, and the file system takes it; false ends that. */
  async #appended(segment: number, offset: number, parts: readonly Uint8Array[]): Promise<boolean> {
    const direct = this.#direct;
    if (direct?.segment !== segment) return false;
    try {
      if (direct.file.end === offset) {
        await direct.file.append(parts);
        return true;
      }
    } catch (error) {
      // The file opened, but blocks are larger here than anywhere known.
      if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    }
    await this.#endDirect();
    return false;
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
