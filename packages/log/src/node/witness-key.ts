/** A witness's seed on disk, and the mark that it has been used: a key outlives its memory only by being retired. */
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { base64, EncodingError, type Entropy, fromBase64 } from '@assay/core';
import { WitnessError } from './witness-error.ts';

const SEED_BYTES = 32;

/**
 * Reads the seed at `path` (base64, mode 0600), or makes one from `entropy` if there is none.
 *
 * @throws WitnessError `key-file`
 */
export function openWitnessSeed(path: string, entropy: Entropy): Uint8Array {
  if (!existsSync(path)) {
    // By rename, so that a crash cannot leave half a seed behind.
    const whole = `${path}.${process.pid}`;
    writeFileSync(whole, `${base64(entropy.bytes(SEED_BYTES))}\n`, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(whole, path);
  }
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
 * Refuses a key that has cosigned before when its database is gone. Asked before the database is opened.
 *
 * Without its memory a witness would take any tree as the first one, and so cosign a fork of what it cosigned before.
 *
 * @throws WitnessError `lost-database`
 */
export function refuseLostDatabase(seedFile: string, database: string): void {
  if (!existsSync(markOf(seedFile)) || existsSync(database)) return;
  throw new WitnessError('lost-database', {
    what: 'this key has cosigned before, and its database is gone',
    where: database,
    fix: 'Restore the database, or retire this key: remove it from every policy and start with a new seed file.',
  });
}

/** Marks the key as used: after its database exists, since a crash in between must not look like a loss, and before it signs. */
export function markWitnessKeyUsed(seedFile: string, database: string): void {
  if (!existsSync(markOf(seedFile))) writeFileSync(markOf(seedFile), `${database}\n`, { flush: true });
}

const markOf = (seedFile: string): string => `${seedFile}.used`;
