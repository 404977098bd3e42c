/** The key of a storage node, as a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { ed25519Signer, fromHex, hex, randomBytes, type Signer } from '@assay/core';

/** The node's key, made at the first start, mode 0600. */
export function openStorageSeed(path: string): Signer {
  try {
    writeFileSync(path, `${hex(randomBytes(32))}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return ed25519Signer(fromHex(readFileSync(path, 'utf8').trim()));
}
