/** What the tests of the Node half share: a log with fixed keys, entries, and an identity for each. */
import { type Clock, ed25519Signer, hex, mldsa44Signer, sha256, utf8 } from '@assay/core';
import {
  type AppendRequest,
  diskFiles,
  type EntryDescription,
  type LogOptions,
  sqliteRow,
} from '@assay/log/node';

export const ORIGIN = 'log.example/test';
export const SEED = new Uint8Array(32).fill(7);
export const ed25519 = ed25519Signer(SEED);
export const mldsa44 = mldsa44Signer(SEED);

/** A clock that the test moves. */
export function testClock(seconds = 1_800_000_000): Clock & { seconds: number } {
  return {
    seconds,
    now() {
      return this.seconds * 1_000;
    },
  };
}

/** `name|key|key…` by signer `s`; entries of the name `quiet` are quiet. */
export function describeEntry(entry: Uint8Array): EntryDescription {
  const [name = '', ...keys] = new TextDecoder().decode(entry).split('|');
  return { id: hex(sha256(entry)), signer: 's', keys, isQuiet: name.startsWith('quiet') };
}

/** A request for an entry of this text. */
export function request(text: string): AppendRequest {
  const bytes = utf8(text);
  return { bytes, ...describeEntry(bytes) };
}

/** `count` requests, numbered from `from`. */
export function requests(count: number, from = 0): AppendRequest[] {
  return Array.from({ length: count }, (_, i) => request(`e${from + i}`));
}

/** Options for a log in a directory of the real disk. */
export function diskOptions(directory: string, clock: Clock = testClock()): LogOptions {
  return {
    origin: ORIGIN,
    ed25519,
    mldsa44,
    files: diskFiles(directory),
    row: sqliteRow(`${directory}/log.db`),
    clock,
    describe: describeEntry,
    queueLimit: 100_000,
  };
}
