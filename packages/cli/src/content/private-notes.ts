/** What a statement commits to and does not show: text and salt, kept beside the keys, for whoever must open it later. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { commit, type CommitmentDomain, type Entropy, hex, SALT_BYTES, utf8 } from '@assay/core';

/** A commitment, and what opens it. */
export interface PrivateNote {
  readonly commitment: string;
  readonly domain: CommitmentDomain;
  readonly salt: string;
  readonly text: string;
}

/** Commits to `text` under a fresh salt (PROTOCOL 8.1). */
export function privateNote(domain: CommitmentDomain, text: string, entropy: Entropy): PrivateNote {
  const salt = entropy.bytes(SALT_BYTES);
  return { commitment: commit(salt, domain, utf8(text)), domain, salt: hex(salt), text };
}

/** Keeps what opens the commitment of `record` in `<dir>/private/notes.jsonl`, readable by its owner alone. */
export function keepNote(dir: string, record: string, note: PrivateNote): void {
  const folder = join(dir, 'private');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  appendFileSync(join(folder, 'notes.jsonl'), `${JSON.stringify({ record, ...note })}\n`, { mode: 0o600 });
}
