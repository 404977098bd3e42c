/** Who signed a note: unknown keys are ignored, known ones must hold (c2sp.org/signed-note, "Signatures"). */
import { utf8 } from '@assay/core';
import { NoteError } from './errors.ts';
import type { Note, NoteSignature } from './note.ts';
import type { Vkey } from './vkey.ts';

/** A public key that can judge a signature line. */
export interface NoteVerifier {
  readonly key: Vkey;
  /** Whether `blob` signs `text`. Never throws. */
  verify(text: Uint8Array, blob: Uint8Array): boolean;
}

/** A private key that can sign a note. */
export interface NoteSigner {
  readonly key: Vkey;
  /**
   * The signature blob over `text`.
   *
   * @param timestampSeconds POSIX time of signing; plain Ed25519 signatures (type 0x01) do not carry it
   */
  sign(text: Uint8Array, timestampSeconds: number): Uint8Array;
}

/** A signature that held, and the key it held for. */
export interface VerifiedSignature extends NoteSignature {
  readonly verifier: NoteVerifier;
}

/**
 * Verifies every signature by a known key. Signatures by unknown keys are ignored, even if they share a name or a key
 * ID (but not both) with a known one.
 *
 * @returns the signatures that held, in the note's order; several by one key are all returned
 * @throws NoteError `bad-signature` if one by a known key fails: then nothing of the note may be believed
 * @throws NoteError `no-known-signature` if no known key signed
 * @throws NoteError `ambiguous-key` if two different verifiers share (name, key ID)
 */
export function verifyNote(note: Note, verifiers: readonly NoteVerifier[]): VerifiedSignature[] {
  const known = indexVerifiers(verifiers);
  const text = utf8(note.text);
  const verified: VerifiedSignature[] = [];
  for (const signature of note.signatures) {
    const verifier = known.get(slot(signature));
    if (verifier === undefined) continue;
    if (!verifier.verify(text, signature.blob)) {
      throw new NoteError('bad-signature', { what: `the signature by ${slot(signature)} does not hold` });
    }
    verified.push({ ...signature, verifier });
  }
  if (verified.length > 0) return verified;
  const signers = note.signatures.map(slot).join(', ');
  const keys = verifiers.map((verifier) => slot(verifier.key)).join(', ');
  throw new NoteError('no-known-signature', {
    what: `signed by ${signers}; the known keys are ${keys || 'none'}`,
  });
}

/** Signs `text` with every signer, in order, at one time. */
export function signNote(text: string, signers: readonly NoteSigner[], timestampSeconds: number): Note {
  const bytes = utf8(text);
  const signatures = signers.map((signer) => ({
    name: signer.key.name,
    keyId: signer.key.keyId,
    blob: signer.sign(bytes, timestampSeconds),
  }));
  return { text, signatures };
}

const slot = (key: { readonly name: string; readonly keyId: string }): string => `${key.name}+${key.keyId}`;

function indexVerifiers(verifiers: readonly NoteVerifier[]): Map<string, NoteVerifier> {
  const known = new Map<string, NoteVerifier>();
  for (const verifier of verifiers) {
    const other = known.get(slot(verifier.key));
    if (other !== undefined && !sameKey(other.key, verifier.key)) {
      throw new NoteError('ambiguous-key', { what: `two known keys are called ${slot(verifier.key)}` });
    }
    known.set(slot(verifier.key), verifier);
  }
  return known;
}

function sameKey(a: Vkey, b: Vkey): boolean {
  return (
    a.type === b.type &&
    a.publicKey.length === b.publicKey.length &&
    a.publicKey.every((x, i) => x === b.publicKey[i])
  );
}
