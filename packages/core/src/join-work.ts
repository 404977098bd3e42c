/** The work that joining costs (PROTOCOL 2.3): a hash puzzle bound to the joining key, so that keys are not free. */
import { sha256 } from '#platform';
import { concat, u64, utf8 } from './bytes.ts';

const DOMAIN = utf8('assay join work v1\0');

/** Leading zero bits of SHA-256(domain ‖ public key ‖ u64 nonce). */
export function workBits(publicKey: Uint8Array, nonce: number): number {
  const digest = sha256(concat(DOMAIN, publicKey, u64(nonce)));
  let bits = 0;
  for (const byte of digest) {
    bits += Math.clz32(byte) - 24;
    if (byte !== 0) break;
  }
  return bits;
}

/** The smallest nonce that reaches `bits`; about 2^bits hashes. */
export function findWork(publicKey: Uint8Array, bits: number): number {
  for (let nonce = 0; ; nonce++) if (workBits(publicKey, nonce) >= bits) return nonce;
}
