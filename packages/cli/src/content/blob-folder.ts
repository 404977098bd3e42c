/** The folder of content by digest that nodes load versions from. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { hex, sha256 } from '@assay/core';
import { CliError } from '../cli-error.ts';

/** `sha256:` and the hex digest of `bytes`. */
export const digestOf = (bytes: Uint8Array): string => `sha256:${hex(sha256(bytes))}`;

/** The file of a digest. */
export const blobFile = (folder: string, digest: string): string => join(folder, 'sha256', digest.slice(7));

/** Keeps `bytes` under their digest; a file that is there is complete, or it would not have its name. */
export function keepBlob(folder: string, bytes: Uint8Array): string {
  const digest = digestOf(bytes);
  const path = blobFile(folder, digest);
  if (existsSync(path)) return digest;
  mkdirSync(join(folder, 'sha256'), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  const file = openSync(draft, 'w');
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  return digest;
}

/** The bytes of a digest, checked. @throws CliError `unreadable-file` | `mismatch` */
export function readBlob(folder: string, digest: string): Uint8Array {
  const path = blobFile(folder, digest);
  const bytes = readFileBytes(path);
  if (digestOf(bytes) === digest) return bytes;
  throw new CliError('mismatch', {
    what: `the bytes of ${digest} have the digest ${digestOf(bytes)}`,
    where: path,
  });
}

/** A whole file. @throws CliError `unreadable-file` */
export function readFileBytes(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CliError('unreadable-file', {
      what: `the file cannot be read: ${reasonOf(cause)}`,
      where: path,
      cause,
    });
  }
}

const reasonOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? String(cause);
