/** `assay blob get`: reads a blob's files back, every byte verified before it is written. */
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hex } from '@assay/core';
import { type BlobReader, openBlob, type ReadEvent } from '@assay/storage';
import { isPrivate, openPrivate } from '@assay/storage/node';
import { readTenantKey } from '../blob/tenant-key.ts';
import type { Session } from '../session.ts';
import { connect } from '../blob/connect.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { finding } from '../report.ts';

interface GetFlags extends StorageFlags {
  readonly out: string;
}

export const blobGet = networkCommand<GetFlags, [blob: Uint8Array]>({
  brief: 'Read the files of a blob back, around nodes that are slow, gone or lying',
  examples: ['blob get 5f0c… --out restored'],
  flags: {
    ...STORAGE_FLAG,
    out: { kind: 'parsed', parse: asText, brief: 'Folder to write to', default: '.', placeholder: 'DIR' },
  },
  args: BLOB_ARG,
  async run(session, flags, blobId) {
    await using network = connect(session, flags.storage);
    const lying = new Set<string>();
    const onEvent = (event: ReadEvent): void => {
      if (event.type === 'corrupt-shard') lying.add(network.nameOf(event.node));
    };
    using blob = await openBlob(blobId, { ...network.options, onEvent });
    const files: string[] = [];
    const content = await contentOf(blob, session);
    for (const { path } of content.files) files.push(await restore(content, path, flags.out));
    const bytes = content.files.reduce((sum, { size }) => sum + size, 0);
    return finding(lying.size > 0, { blob: hex(blobId), bytes, files, corrupt: [...lying] }, [
      ...files.map((file) => `wrote ${file}`),
      ...[...lying].map((name) => `${name} showed bytes that are not what it signed for; others had them`),
    ]);
  },
});

/** Files of a blob, and how to read one. */
interface Content {
  readonly files: readonly { readonly path: string; readonly size: number }[];
  read(path: string): AsyncIterable<Uint8Array>;
}

/** What was stored: of a private blob what the tenant's key opens. @throws CliError, FormatError */
async function contentOf(blob: BlobReader, session: Session): Promise<Content> {
  if (isPrivate(blob)) return openPrivate(blob, readTenantKey(session).key);
  return { files: blob.manifest.files, read: (path) => blob.read(path) };
}

/** A file appears under its name only when it is whole. @throws CliError `mismatch` for a name that leaves the folder */
async function restore(blob: Content, path: string, out: string): Promise<string> {
  // The manifest is its maker's: a name in it must not choose where on this machine it is written.
  if (path.startsWith('/') || path.split(/[/\\]/).some((part) => part === '..' || part === '')) {
    throw new CliError('mismatch', {
      what: `the blob has a file called "${path}", which is no relative name`,
    });
  }
  const target = join(out, path);
  await mkdir(dirname(target), { recursive: true });
  const file = await open(`${target}.draft`, 'w');
  try {
    for await (const part of blob.read(path)) await writeAll(file, part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${target}.draft`, target);
  return target;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}
