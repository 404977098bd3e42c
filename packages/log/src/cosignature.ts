/** Timestamped cosignatures by witnesses, mirrors and the log itself (c2sp.org/tlog-cosignature). */
import { concat, fromUtf8, u64, utf8 } from '@assay/core';
import { parseCheckpoint } from './checkpoint-text.ts';
import { NoteError } from './errors.ts';
import { formatSignatureLine, type Note } from './note.ts';
import { type NoteSigner, type NoteVerifier, verifyNote } from './note-verify.ts';

/** A cosignature that held: who, and when they say they made it. */
export interface Cosignature {
  readonly name: string;
  readonly keyId: string;
  /** POSIX seconds, as signed. */
  readonly timestamp: number;
}

const TIMESTAMP_BYTES = 8;

/**
 * The signature line by which `signer` cosigns a checkpoint, with its newline.
 *
 * @param checkpoint the note; its own signatures are neither read nor covered
 * @param timestampSeconds POSIX time of signing; a witness may not sign zero (tlog-witness, add-checkpoint)
 */
export function cosign(checkpoint: Note, signer: NoteSigner, timestampSeconds: number): string {
  const blob = signer.sign(utf8(checkpoint.text), timestampSeconds);
  return formatSignatureLine({ name: signer.key.name, keyId: signer.key.keyId, blob });
}

/**
 * Verifies the cosignature of one known cosigner on a checkpoint.
 *
 * @returns the earliest one, where the same key cosigned the same text several times
 * @throws NoteError `bad-signature` | `no-known-signature`
 */
export function verifyCosignature(checkpoint: Note, verifier: NoteVerifier): Cosignature {
  const times = verifyNote(checkpoint, [verifier]).map(({ blob }) => cosignatureTimestamp(blob));
  return { name: verifier.key.name, keyId: verifier.key.keyId, timestamp: Math.min(...times) };
}

/** The timestamp inside a `timestamped_signature` blob. @throws NoteError `malformed` when it is not a safe integer. */
export function cosignatureTimestamp(blob: Uint8Array): number {
  const timestamp = readTimestamp(blob);
  if (timestamp === undefined)
    throw new NoteError('malformed', { what: 'a cosignature has no usable timestamp' });
  return timestamp;
}

/** A `timestamped_signature`: u64 big-endian seconds, then the signature. */
export function timestampedBlob(timestampSeconds: number, signature: Uint8Array): Uint8Array {
  return concat(u64(timestampSeconds), signature);
}

/** Splits a blob, or undefined unless it holds a usable time and exactly `signatureBytes` more. */
export function splitBlob(
  blob: Uint8Array,
  signatureBytes: number,
): { timestamp: number; signature: Uint8Array } | undefined {
  if (blob.length !== TIMESTAMP_BYTES + signatureBytes) return undefined;
  const timestamp = readTimestamp(blob);
  return timestamp === undefined ? undefined : { timestamp, signature: blob.subarray(TIMESTAMP_BYTES) };
}

/** The bytes an Ed25519 cosignature/v1 signs (tlog-cosignature, "Ed25519 signed message"). */
export function cosignatureV1Message(text: Uint8Array, timestampSeconds: number): Uint8Array {
  return concat(utf8(`cosignature/v1\ntime ${timestampSeconds}\n`), text);
}

/**
 * The bytes an ML-DSA-44 cosignature of a whole tree signs (tlog-cosignature, "ML-DSA-44 signed message"): start 0,
 * end the tree's size. Extension lines are not covered.
 *
 * @throws CheckpointError when `text` is not a checkpoint
 * @throws NoteError `malformed` when a name does not fit its one-byte length
 */
export function subtreeV1Message(cosigner: string, text: Uint8Array, timestampSeconds: number): Uint8Array {
  const { origin, size, root } = parseCheckpoint(fromUtf8(text));
  const time = u64(timestampSeconds);
  return concat(utf8('subtree/v1\n\0'), opaque(cosigner), time, opaque(origin), u64(0), u64(size), root);
}

/** `opaque<1..2^8-1>` of RFC 8446 §3.4. */
function opaque(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length === 0 || bytes.length > 255) {
    throw new NoteError('malformed', {
      what: `"${text}" has ${bytes.length} bytes; this signature carries 1 to 255`,
    });
  }
  return concat(Uint8Array.of(bytes.length), bytes);
}

function readTimestamp(blob: Uint8Array): number | undefined {
  if (blob.length < TIMESTAMP_BYTES) return undefined;
  const value = new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
