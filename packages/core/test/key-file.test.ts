import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commit, CommitmentError, openCommitment, randomBytes, utf8 } from '../src/index.ts';
import { createIdentity, KeyFileError, loadIdentity, openIdentity } from '../src/node/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-keys-'));
const entropy = { bytes: randomBytes };
afterAll(() => rmSync(folder, { recursive: true }));

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof KeyFileError) return error.code;
    throw error;
  }
  return 'accepted';
};

describe('key files', () => {
  it('are made with mode 0600, never overwritten, and read back as the same identity', () => {
    const path = join(folder, 'a.json');
    const made = createIdentity(path, entropy);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadIdentity(path).keyId).toBe(made.keyId);
    expect(openIdentity(path, entropy).paymentKey).toBe(made.paymentKey);
    expect(codeOf(() => createIdentity(path, entropy))).toBe('exists');
  });

  it('are refused when others can read them, when missing, and when malformed', () => {
    const path = join(folder, 'b.json');
    createIdentity(path, entropy);
    chmodSync(path, 0o640);
    expect(codeOf(() => loadIdentity(path))).toBe('permissions');
    expect(codeOf(() => loadIdentity(join(folder, 'none.json')))).toBe('missing');
    writeFileSync(join(folder, 'c.json'), '{"seed":"AA=="}', { mode: 0o600 });
    expect(codeOf(() => loadIdentity(join(folder, 'c.json')))).toBe('malformed');
  });
});

describe('PROTOCOL 8.1: salted commitments', () => {
  it('open only with their own salt, domain and bytes', () => {
    const salt = randomBytes(32);
    const bytes = utf8('0.0123');
    const commitment = commit(salt, 'output', bytes);
    openCommitment(commitment, 'output', { salt, bytes });
    expect(() => openCommitment(commitment, 'input', { salt, bytes })).toThrow(CommitmentError);
    expect(() => openCommitment(commitment, 'output', { salt: randomBytes(32), bytes })).toThrow(
      CommitmentError,
    );
    expect(() => openCommitment(commitment, 'output', { salt, bytes: utf8('0.0124') })).toThrow(
      CommitmentError,
    );
    expect(() => commit(randomBytes(16), 'output', bytes)).toThrow(CommitmentError);
  });
});
