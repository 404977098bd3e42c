/** A file of random bytes, and the digest of a file, both without holding it in memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { randomBytes } from '@assay/core';

const MIB = 2 ** 20;

/** Writes `mebibytes` MiB that nobody can compress or deduplicate. */
export async function writeRandomFile(path: string, mebibytes: number): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (let i = 0; i < mebibytes; i++) await file.write(randomBytes(MIB));
  } finally {
    await file.close();
  }
}

export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: MIB })) hash.update(part as Buffer);
  return hash.digest('hex');
}
