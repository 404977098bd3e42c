/** Signers and verifiers for the three signature types a log and its witnesses use: 0x01, 0x04 and 0x06. */
import { AssayError, ED25519_SIGNATURE_BYTES, ed25519Verify, mldsa44Verify, type Signer } from '@assay/core';
import { cosignatureV1Message, splitBlob, subtreeV1Message, timestampedBlob } from './cosignature.ts';
import { NoteError } from './errors.ts';
import type { NoteSigner, NoteVerifier } from './note-verify.ts';
import { parseVkey, SIGNATURE_TYPE, type Vkey, vkey } from './vkey.ts';

/** Bytes of an ML-DSA-44 signature (FIPS 204). */
const MLDSA44_SIGNATURE_BYTES = 2_420;

/** Signs note texts with plain Ed25519, type 0x01 (signed-note, "Ed25519 signatures"). */
export function ed25519NoteSigner(name: string, signer: Signer): NoteSigner {
  return { key: vkey(name, SIGNATURE_TYPE.ed25519, signer.publicKey), sign: (text) => signer.sign(text) };
}

/** Cosigns checkpoints with Ed25519, type 0x04 (tlog-cosignature). */
export function ed25519Cosigner(name: string, signer: Signer): NoteSigner {
  return {
    key: vkey(name, SIGNATURE_TYPE.ed25519Cosignature, signer.publicKey),
    sign: (text, time) => timestampedBlob(time, signer.sign(cosignatureV1Message(text, time))),
  };
}

/** Cosigns checkpoints with ML-DSA-44, type 0x06 (tlog-cosignature); a log signs its own checkpoints so. */
export function mldsa44Cosigner(name: string, signer: Signer): NoteSigner {
  return {
    key: vkey(name, SIGNATURE_TYPE.mldsa44Cosignature, signer.publicKey),
    sign: (text, time) => timestampedBlob(time, signer.sign(subtreeV1Message(name, text, time))),
  };
}

/**
 * The verifier for a vkey of type 0x01, 0x04 or 0x06.
 *
 * @param key a vkey, parsed or as text
 * @throws NoteError `malformed-key` | `unsupported-key`
 */
export function noteVerifier(key: Vkey | string): NoteVerifier {
  const parsed = typeof key === 'string' ? parseVkey(key) : key;
  switch (parsed.type) {
    case SIGNATURE_TYPE.ed25519:
      return { key: parsed, verify: (text, blob) => ed25519Verify(parsed.publicKey, text, blob) };
    case SIGNATURE_TYPE.ed25519Cosignature:
      return { key: parsed, verify: (text, blob) => verifyCosignatureV1(parsed, text, blob) };
    case SIGNATURE_TYPE.mldsa44Cosignature:
      return { key: parsed, verify: (text, blob) => verifySubtreeV1(parsed, text, blob) };
    default: {
      const type = `0x${parsed.type.toString(16).padStart(2, '0')}`;
      const fix = 'Use an Ed25519 (0x01), Ed25519 cosignature (0x04) or ML-DSA-44 (0x06) key.';
      throw new NoteError('unsupported-key', { what: `the key of ${parsed.name} has type ${type}`, fix });
    }
  }
}

function verifyCosignatureV1(key: Vkey, text: Uint8Array, blob: Uint8Array): boolean {
  const parts = splitBlob(blob, ED25519_SIGNATURE_BYTES);
  if (parts === undefined) return false;
  return ed25519Verify(key.publicKey, cosignatureV1Message(text, parts.timestamp), parts.signature);
}

function verifySubtreeV1(key: Vkey, text: Uint8Array, blob: Uint8Array): boolean {
  const parts = splitBlob(blob, MLDSA44_SIGNATURE_BYTES);
  if (parts === undefined) return false;
  try {
    const message = subtreeV1Message(key.name, text, parts.timestamp);
    return mldsa44Verify(key.publicKey, message, parts.signature);
  } catch (cause) {
    if (cause instanceof AssayError) return false; // Not a checkpoint: this type can sign nothing else.
    throw cause;
  }
}
