/** Files of a version by the digest of what is in them, hashed as a stream: they may be larger than memory. */
import { createHash } from 'node:crypto';
import type { ByteSource } from '@assay/storage';
import { type FileSource, openFileSource } from '@assay/storage/node';
import { CliError } from '../cli-error.ts';

/** Open files; dispose of them when they are stored. */
export interface ContentFiles extends AsyncDisposable {
  readonly byDigest: ReadonlyMap<string, ByteSource>;
  /** The file that was given with this digest. */
  readonly pathOf: (digest: string) => string;
}

const READ_BYTES = 4 << 20;

/** @throws CliError `unreadable-file` */
export async function openContents(paths: readonly string[]): Promise<ContentFiles> {
  const byDigest = new Map<string, FileSource>();
  const names = new Map<string, string>();
  await using opened = new AsyncDisposableStack();
  for (const path of new Set(paths)) {
    const source = await openSource(path);
    opened.use(source);
    const digest = await digestOf(source);
    byDigest.set(digest, source);
    names.set(digest, path);
  }
  const kept = opened.move();
  return {
    byDigest,
    pathOf: (digest) => names.get(digest) ?? digest,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function openSource(path: string): Promise<FileSource> {
  try {
    return await openFileSource(path);
  } catch (cause) {
    const what = `the file cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`;
    throw new CliError('unreadable-file', { what, where: path, cause });
  }
}

async function digestOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += READ_BYTES)
    hash.update(await source.read(at, Math.min(READ_BYTES, source.size - at)));
  return `sha256:${hash.digest('hex')}`;
}
