/** The files of an upload, and the journal by which a killed one goes on. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { hex, sha256, utf8 } from '@assay/core';
import type { StorageConnection } from '@assay/services';
import type { Committee, SourceFile } from '@assay/storage';
import { type FileSource, openFileSource } from '@assay/storage/node';
import { CliError } from '../cli-error.ts';

/** Files that are open to be stored. */
export interface OpenFiles extends AsyncDisposable {
  readonly files: readonly SourceFile[];
}

/** Opens files under their own names. @throws CliError `usage` | `unreadable-file` */
export async function openFiles(paths: readonly string[]): Promise<OpenFiles> {
  const names = paths.map((path) => basename(path));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new CliError('usage', { what: `two files are called "${twice}"` });
  const missing = paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() !== true);
  if (missing !== undefined) {
    throw new CliError('unreadable-file', { what: 'there is no such file', where: missing });
  }
  const sources: FileSource[] = await Promise.all(paths.map(openFileSource));
  return {
    files: sources.map((source, i) => ({ path: names[i] as string, source })),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
    },
  };
}

/**
 * The committee to upload under: that of the epoch before while an upload that was begun in it is unfinished. Nodes sign for
 * it still, and what is journalled and certified of it stays so.
 */
export function uploadCommittee(dir: string, paths: readonly string[], committee: Committee): Committee {
  const before = { ...committee, epoch: committee.epoch - 1 };
  return before.epoch >= 0 && existsSync(journalPath(dir, paths, before)) ? before : committee;
}

/** The same connection, under another epoch's committee. */
export const inEpochOf = (committee: Committee, network: StorageConnection): StorageConnection => ({
  ...network,
  committee,
  options: { ...network.options, committee },
});

/** Where the journal of an upload of these files to this network lies; it is gone once the blob is sealed. */
export function journalPath(dir: string, paths: readonly string[], { networkId, epoch }: Committee): string {
  mkdirSync(join(dir, 'uploads'), { recursive: true });
  const what = [hex(networkId), String(epoch), ...paths.map((path) => resolve(path))].join('\n');
  return join(dir, 'uploads', `${hex(sha256(utf8(what))).slice(0, 32)}.journal`);
}
