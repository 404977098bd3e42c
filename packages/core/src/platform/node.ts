/** What core asks of its platform, on Node: crypto and text encodings. Its twin is `browser.ts`; both pass one suite. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes as nodeRandomBytes,
  sign,
  verify,
} from 'node:crypto';

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

// A Buffer's `slice` shares memory where a Uint8Array's copies; nothing outside this file gets one.
const plain = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);

/** Lower-case hexadecimal. */
export const toHex = (bytes: Uint8Array): string => view(bytes).toString('hex');

/** Padded standard base64. */
export const toBase64 = (bytes: Uint8Array): string => view(bytes).toString('base64');

/** Lenient decoders: `bytes.ts` re-encodes and compares, so what they let through does not matter. */
export const fromHexLenient = (text: string): Uint8Array => plain(Buffer.from(text, 'hex'));
export const fromBase64Lenient = (text: string): Uint8Array => plain(Buffer.from(text, 'base64'));

/**
 * `head`, which is ASCII, and behind it the `length` bytes that `text` decodes to as leniently: what is hashed and signed
 * in one piece is also decoded in one piece. Undefined when they are fewer.
 */
export function base64Behind(head: string, text: string, length: number): Uint8Array | undefined {
  const out = Buffer.allocUnsafe(head.length + length);
  out.write(head, 0, 'latin1');
  return out.write(text, head.length, 'base64') === length ? plain(out) : undefined;
}

/** SHA-256 as lower-case hexadecimal, in one step. */
export const sha256Hex = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** SHA-256 of the concatenation of `parts`. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return plain(hash('sha256', parts[0] as Uint8Array, 'buffer'));
  const h = createHash('sha256');
  for (const part of parts) h.update(part);
  return plain(h.digest());
}

/** HMAC-SHA-256 (RFC 2104) of the concatenation of `parts`. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  // A key object, because Node 24 takes four times as long to find out that bytes are none.
  const h = createHmac('sha256', createSecretKey(key));
  for (const part of parts) h.update(part);
  return plain(h.digest());
}

/** Cryptographically secure random bytes. */
export function randomBytes(length: number): Uint8Array {
  return new Uint8Array(nodeRandomBytes(length));
}

// RFC 8410 §4 and §7: the fixed DER prefixes of a raw Ed25519 public key and seed.
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
// RFC 9881 §4 and §6: the same for an ML-DSA-44 public key (1,312 bytes) and 32-byte seed.
const SPKI_MLDSA44 = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');
const PKCS8_MLDSA44 = Buffer.from('3034020100300b060960864801650304031104228020', 'hex');

const publicKeys = new Map<string, KeyObject>();

/** Parsing a key costs more than a tenth of a verification, and few keys sign most statements. */
function publicKey(prefix: Buffer, raw: Uint8Array): KeyObject {
  const id = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
  const known = publicKeys.get(id);
  if (known !== undefined) return known;
  const key = createPublicKey({ key: Buffer.concat([prefix, raw]), format: 'der', type: 'spki' });
  if (publicKeys.size >= 4_096) publicKeys.clear();
  publicKeys.set(id, key);
  return key;
}

const privateKey = (prefix: Buffer, seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' });

const rawPublic = (key: KeyObject, prefix: Buffer): Uint8Array =>
  new Uint8Array(createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(prefix.length));

/** A private key made ready to sign. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** Ed25519 signer of a 32-byte seed (RFC 8032). */
export function ed25519Signer(seed: Uint8Array): Signer {
  const key = privateKey(PKCS8_ED25519, seed);
  return {
    publicKey: rawPublic(key, SPKI_ED25519),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** The library's Ed25519 verification alone; `ed25519.ts` adds the rule that makes it the same on every runtime. */
export function ed25519VerifyRaw(
  publicKeyBytes: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(null, message, publicKey(SPKI_ED25519, publicKeyBytes), signature);
}

/** ML-DSA-44 signer of a 32-byte seed (FIPS 204, pure, empty context). */
export function mldsa44Signer(seed: Uint8Array): Signer {
  const key = privateKey(PKCS8_MLDSA44, seed);
  return {
    publicKey: rawPublic(key, SPKI_MLDSA44),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** ML-DSA-44 verification (FIPS 204). False for a wrong length or signature. */
export function mldsa44Verify(
  publicKeyBytes: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKeyBytes.length !== 1_312 || signature.length !== 2_420) return false;
  return verify(null, message, publicKey(SPKI_MLDSA44, publicKeyBytes), signature);
}
