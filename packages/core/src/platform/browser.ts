/** What core asks of its platform, in a browser: `@noble/*` for crypto. Its twin is `node.ts`; both pass one suite. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import type { Signer } from './node.ts';

export type { Signer } from './node.ts';

const binary = (bytes: Uint8Array): string => {
  let out = '';
  for (let i = 0; i < bytes.length; i += 8_192) out += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return out;
};

/** Lower-case hexadecimal. */
export const toHex = (bytes: Uint8Array): string => {
  let out = '';
  for (const byte of bytes) out += byte.toString(16).padStart(2, '0');
  return out;
};

/** Padded standard base64. */
export const toBase64 = (bytes: Uint8Array): string => btoa(binary(bytes));

/** Lenient decoders: `bytes.ts` re-encodes and compares, so what they let through does not matter. */
export const fromHexLenient = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
export const fromBase64Lenient = (text: string): Uint8Array => {
  // atob throws where Buffer drops; both come out unequal to `text` in bytes.ts.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return new Uint8Array(1);
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
};

/** `head`, which is ASCII, and behind it the `length` bytes that `text` decodes to as leniently; undefined when they are fewer. */
export function base64Behind(head: string, text: string, length: number): Uint8Array | undefined {
  const bytes = fromBase64Lenient(text);
  if (bytes.length !== length) return undefined;
  const out = new Uint8Array(head.length + length);
  out.set(Uint8Array.from(head, (c) => c.charCodeAt(0)));
  out.set(bytes, head.length);
  return out;
}

/** SHA-256 as lower-case hexadecimal, in one step. */
export const sha256Hex = (bytes: Uint8Array): string => toHex(nobleSha256(bytes));

/** SHA-256 of the concatenation of `parts`. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const h = nobleSha256.create();
  for (const part of parts) h.update(part);
  return h.digest();
}

/** HMAC-SHA-256 (RFC 2104) of the concatenation of `parts`. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const h = hmac.create(nobleSha256, key);
  for (const part of parts) h.update(part);
  return h.digest();
}

/** Cryptographically secure random bytes. */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Ed25519 signer of a 32-byte seed (RFC 8032). */
export function ed25519Signer(seed: Uint8Array): Signer {
  return { publicKey: ed25519.getPublicKey(seed), sign: (message) => ed25519.sign(message, seed) };
}

const littleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.toReversed())}`);

/**
 * Ed25519 verification by the equation RFC 8032 §5.1.7 allows as sufficient, without the cofactor: R = [S]B − [k]A,
 * compared as bytes. noble's own `verify` multiplies by eight and so accepts signatures that OpenSSL refuses.
 */
export function ed25519VerifyRaw(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= Point.Fn.ORDER) return false;
  let a: InstanceType<typeof Point>;
  try {
    a = Point.fromBytes(publicKey, false);
  } catch {
    return false; // Not the encoding of a point: an answer here, not a fault.
  }
  const h = sha512.create();
  h.update(r).update(publicKey).update(message);
  const k = Point.Fn.create(littleEndian(h.digest()));
  const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
  return expected.toBytes().every((byte, i) => byte === r[i]);
}

/** ML-DSA-44 signer of a 32-byte seed (FIPS 204, pure, empty context). */
export function mldsa44Signer(seed: Uint8Array): Signer {
  const { publicKey, secretKey } = ml_dsa44.keygen(seed);
  return { publicKey, sign: (message) => ml_dsa44.sign(message, secretKey) };
}

/** ML-DSA-44 verification (FIPS 204). False for a wrong length or signature. */
export function mldsa44Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 1_312 || signature.length !== 2_420) return false;
  return ml_dsa44.verify(signature, message, publicKey);
}
