/** Verifier keys, `name+keyid+base64(type ‖ key)`, and key IDs (c2sp.org/signed-note, "Verifier keys"). */
import {
  base64,
  concat,
  ED25519_PUBLIC_KEY_BYTES,
  EncodingError,
  fromBase64,
  hex,
  isAcceptablePublicKey,
  sha256,
  utf8,
} from '@assay/core';
import { NoteError } from './errors.ts';
import { isKeyName } from './note.ts';

/** The signature types this library speaks (signed-note, "Signature types"). */
export const SIGNATURE_TYPE = { ed25519: 0x01, ed25519Cosignature: 0x04, mldsa44Cosignature: 0x06 } as const;

/** Bytes of an ML-DSA-44 public key (FIPS 204). */
export const MLDSA44_PUBLIC_KEY_BYTES = 1_312;

/** A verifier key's parts. */
export interface Vkey {
  readonly name: string;
  /** Eight lower-case hex digits. */
  readonly keyId: string;
  /** Signature type identifier byte. */
  readonly type: number;
  /** Public key material, raw. */
  readonly publicKey: Uint8Array;
}

/** Key ID = SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4], as eight lower-case hex digits. */
export function keyId(name: string, type: number, publicKey: Uint8Array): string {
  return hex(sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, 4));
}

/**
 * A vkey made from its parts, with its key ID computed.
 *
 * @throws NoteError `malformed-key` for a name or key that no vkey can carry
 */
export function vkey(name: string, type: number, publicKey: Uint8Array): Vkey {
  if (!isKeyName(name)) throw new NoteError('malformed-key', { what: `"${name}" cannot be a key name` });
  checkPublicKey(type, publicKey, name);
  return { name, keyId: keyId(name, type, publicKey), type, publicKey };
}

/**
 * Reads a vkey. The key ID must be that of the key, for the types where it is computed from it.
 *
 * @throws NoteError `malformed-key`
 */
export function parseVkey(text: string): Vkey {
  // Base64 has pluses of its own: only the first two part the fields.
  const [, name, id, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined || !isKeyName(name)) {
    throw malformed(text, 'is not <name>+<8 hex digits>+<base64>');
  }
  const bytes = keyBytes(encoded, text);
  const [type] = bytes;
  if (!/^[0-9a-f]{8}$/.test(id) || type === undefined)
    throw malformed(text, 'is not <name>+<8 hex digits>+<base64>');
  const publicKey = bytes.slice(1);
  checkPublicKey(type, publicKey, name);
  // Type 0x02 hashes the SPKI alone and 0xff is anybody's: their IDs cannot be recomputed here.
  if (type !== 0x02 && type !== 0xff && keyId(name, type, publicKey) !== id) {
    throw malformed(text, `has key ID ${id}, but its key's is ${keyId(name, type, publicKey)}`);
  }
  return { name, keyId: id, type, publicKey };
}

/** The text of a vkey. The inverse of {@link parseVkey}. */
export function formatVkey(key: Vkey): string {
  return `${key.name}+${key.keyId}+${base64(concat(Uint8Array.of(key.type), key.publicKey))}`;
}

/** Refuses key material of the wrong length, and Ed25519 points that PROTOCOL 1.3 does not admit. */
function checkPublicKey(type: number, publicKey: Uint8Array, name: string): void {
  const isEd25519 = type === SIGNATURE_TYPE.ed25519 || type === SIGNATURE_TYPE.ed25519Cosignature;
  if (isEd25519 && !isAcceptablePublicKey(publicKey)) {
    const what = `the Ed25519 key of ${name} is not ${ED25519_PUBLIC_KEY_BYTES} bytes of an acceptable point`;
    throw new NoteError('malformed-key', { what });
  }
  if (type === SIGNATURE_TYPE.mldsa44Cosignature && publicKey.length !== MLDSA44_PUBLIC_KEY_BYTES) {
    const what = `the ML-DSA-44 key of ${name} has ${publicKey.length} bytes, not ${MLDSA44_PUBLIC_KEY_BYTES}`;
    throw new NoteError('malformed-key', { what });
  }
}

function keyBytes(encoded: string, whole: string): Uint8Array {
  try {
    return fromBase64(encoded);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw malformed(whole, 'has a key that is not padded standard base64');
  }
}

const malformed = (text: string, why: string): NoteError =>
  new NoteError('malformed-key', {
    what: `vkey "${text.length > 60 ? `${text.slice(0, 60)}…` : text}" ${why}`,
  });
