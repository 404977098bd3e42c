/** A witness's seed on disk, and the mark that it has been used: a key outlives its memory only by being retired. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { base64, EncodingError, type Entropy, fromBase64 } from '@assay/core';
import { WitnessError } from './witness-error.ts';

const SEED_BYTES = 32;

/**
 * Reads the seed at `path` (base64, mode 0600), or makes one from `entropy` if there is none.
 *
 * @throws WitnessError `key-file`
 */
export function openWitnessSeed(path: string, entropy: Entropy): Uint8Array {
  if (!existsSync(path))
    writeFileSync(path, `${base64(entropy.bytes(SEED_BYTES))}\n`, { mode: 0o600, flag: 'wx', flush: true });
  const { mode } = statSync(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const what = `mode ${(mode & 0o777).toString(8)} lets others read a private key`;
    throw new WitnessError('key-file', { what, where: path, fix: `Run "chmod 600 ${path}".` });
  }
  try {
    const seed = fromBase64(readFileSync(path, 'utf8').trim());
    if (seed.length === SEED_BYTES) return seed;
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
  }
  throw new WitnessError('key-file', { what: `a seed is base64 of ${SEED_BYTES} bytes`, where: path });
}

/**
 * Refuses a key that has cosigned before when its database is gone, and marks it as used from now on.
 *
 * Without its memory a witness would take any tree as the first one, and so cosign a fork of what it cosigned before.
 *
 * @throws WitnessError `lost-database`
 */
export function markWitnessKeyUsed(seedFile: string, database: string): void {
  const mark = `${seedFile}.used`;
  if (existsSync(mark) && !existsSync(database)) {
    const fix =
      'Restore the database, or retire this key: remove it from every policy and start with a new seed file.';
    throw new WitnessError('lost-database', {
      what: 'this key has cosigned before, and its database is gone',
      where: database,
      fix,
    });
  }
  if (!existsSync(mark)) writeFileSync(mark, `${database}\n`, { flush: true });
}
