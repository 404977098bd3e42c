/** The one Ed25519 rule of PROTOCOL 1.3: the same verdict for the same bytes on every runtime. */
import { ed25519VerifyRaw } from '#platform';
import { fromHex, hex } from './bytes.ts';

/** Bytes of a raw public key and of a signature. */
export const ED25519_PUBLIC_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

// RFC 8032 §5.1, little-endian: the group order L and the field prime p = 2^255 − 19.
const L = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
const P = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');

// The y coordinates of the eight points of small order, sign bit cleared; non-canonical spellings fall to y < p.
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000', // order 4
  '0100000000000000000000000000000000000000000000000000000000000000', // order 1
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // order 2
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // order 8
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // order 8
]);

/** Whether little-endian `a` is below `b`. */
function below(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  return false;
}

/** Whether `encoded` is a canonical encoding (y < p) of something that is not a small-order point. */
function acceptablePoint(encoded: Uint8Array): boolean {
  const top = (encoded[31] as number) & 0x7f;
  // Only the two extreme bytes can make the rare cases; nearly every key and every R leaves here.
  if (top !== 0x7f && top !== 0 && top !== 0x05 && top !== 0x7a) return true;
  const y = Uint8Array.from(encoded);
  y[31] = top;
  return below(y, P) && !SMALL_ORDER_Y.has(hex(y));
}

/** Whether `publicKey` may be registered: 32 bytes, canonical, not of small order. */
export function isAcceptablePublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === ED25519_PUBLIC_KEY_BYTES && acceptablePoint(publicKey);
}

/**
 * Verifies an Ed25519 signature under the strict rule: S < L, canonical A and R, no small-order A or R, and the
 * cofactorless equation. Never throws: wrong lengths are simply false.
 *
 * @param publicKey 32 raw bytes
 * @param signature 64 bytes, R ‖ S
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return passesStrictRule(publicKey, signature) && ed25519VerifyRaw(publicKey, message, signature);
}

/** The part of the rule that is checked before any library is asked. */
export function passesStrictRule(publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES || !isAcceptablePublicKey(publicKey)) return false;
  return acceptablePoint(signature.subarray(0, 32)) && below(signature.subarray(32), L);
}
