/** A folder of content by digest. It is a cache: what does not match its name is fetched again, what is lost costs a fetch. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, sha256 } from '@assay/core';

export class ContentCache {
  readonly #root: string;
  #drafts = 0;

  constructor(root: string) {
    this.#root = root;
  }

  /** The file of a digest, whether it is there or not. */
  path(digest: string): string {
    return join(this.#root, 'sha256', digest.slice('sha256:'.length));
  }

  /** The bytes of a digest, checked; undefined when they are not here, or are damaged. */
  async read(digest: string): Promise<Uint8Array | undefined> {
    const bytes = await readFile(this.path(digest)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return bytes !== undefined && `sha256:${hex(sha256(bytes))}` === digest ? bytes : undefined;
  }

  /** Bytes [start, end) of what is kept under a digest, not checked; undefined when there is nothing as long. */
  async readRange(digest: string, start: number, end: number): Promise<Uint8Array | undefined> {
    const file = await openIfThere(this.path(digest));
    if (file === undefined) return undefined;
    try {
      const out = Buffer.alloc(end - start);
      const { bytesRead } = await file.read(out, 0, out.length, start);
      return bytesRead === out.length ? out : undefined;
    } finally {
      await file.close();
    }
  }

  /** Keeps what `parts` bring, if it has the digest; says whether it had. */
  async keep(digest: string, parts: AsyncIterable<Uint8Array>): Promise<boolean> {
    await mkdir(join(this.#root, 'sha256'), { recursive: true });
    const path = this.path(digest);
    const draft = `${path}.${process.pid}-${this.#drafts++}.draft`;
    try {
      const file = await open(draft, 'w');
      const found = await writeAll(file, parts).finally(() => file.close());
      if (found !== digest) return false;
      // No fsync: after a power cut the name may stand for nothing, and the next read finds that out.
      await rename(draft, path);
      return true;
    } finally {
      await rm(draft, { force: true });
    }
  }
}

function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function writeAll(file: FileHandle, parts: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of parts) {
    hash.update(part);
    for (let at = 0; at < part.length;) at += (await file.write(part, at)).bytesWritten;
  }
  return `sha256:${hash.digest('hex')}`;
}
