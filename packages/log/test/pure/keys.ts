/** Keys for tests, the same on every run. */
import { ed25519Signer, mldsa44Signer } from '@assay/core';
import {
  ed25519Cosigner,
  ed25519NoteSigner,
  formatVkey,
  mldsa44Cosigner,
  type NoteSigner,
} from '../../src/index.ts';

const seed = (n: number): Uint8Array => new Uint8Array(32).fill(n);

export const ORIGIN = 'log.example/test';
export const logKey = ed25519NoteSigner(ORIGIN, ed25519Signer(seed(1)));
export const logPqKey = mldsa44Cosigner(ORIGIN, mldsa44Signer(seed(2)));

/** Witness number `n`, from 1. */
export const witness = (n: number): NoteSigner =>
  ed25519Cosigner(`witness.example/w${n}`, ed25519Signer(seed(100 + n)));
export const pqWitness = (n: number): NoteSigner =>
  mldsa44Cosigner(`witness.example/pq${n}`, mldsa44Signer(seed(100 + n)));

/** "q of n" over witnesses 1 to n. */
export function policyText(n: number, q: number | 'none'): string {
  const lines = Array.from({ length: n }, (_, i) => `witness w${i + 1} ${formatVkey(witness(i + 1).key)}`);
  const names = lines.map((_, i) => `w${i + 1}`).join(' ');
  const rule = q === 'none' ? ['quorum none'] : [`group g ${q} ${names}`, 'quorum g'];
  return [`log ${formatVkey(logKey.key)}`, ...lines, ...rule, ''].join('\n');
}
