/** The byte source of a file on disk. */
import { type FileHandle, open } from 'node:fs/promises';
import { TransferError } from '../errors.ts';
import type { ByteSource } from '../format/source.ts';

/** Opens a file for reading. Dispose of it when done. */
export async function openFileSource(path: string): Promise<FileSource> {
  const handle = await open(path, 'r');
  return new FileSource(handle, { path, size: (await handle.stat()).size });
}

export class FileSource implements ByteSource, AsyncDisposable {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, { path, size }: { path: string; size: number }) {
    this.#handle = handle;
    this.#path = path;
    this.size = size;
  }

  /** @throws TransferError `source-changed` when the file is shorter than it was */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const out = Buffer.allocUnsafe(length);
    await this.readInto(offset, out);
    return out;
  }

  /** @throws TransferError `source-changed` when the file is shorter than it was */
  async readInto(offset: number, out: Uint8Array): Promise<void> {
    for (let done = 0; done < out.length;) {
      const { bytesRead } = await this.#handle.read(out, done, out.length - done, offset + done);
      if (bytesRead === 0)
        throw new TransferError('source-changed', { what: `${this.#path} became shorter` });
      done += bytesRead;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
