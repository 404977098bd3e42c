/** Checkpoints as signed notes: made by a log, opened by anybody who holds its keys (c2sp.org/tlog-checkpoint). */
import { formatCheckpoint, parseCheckpoint, type Checkpoint } from './checkpoint-text.ts';
import { CheckpointError, NoteError } from './errors.ts';
import { formatNote, type Note, parseNote } from './note.ts';
import {
  type NoteSigner,
  type NoteVerifier,
  signNote,
  type VerifiedSignature,
  verifyNote,
} from './note-verify.ts';
import { SIGNATURE_TYPE } from './vkey.ts';

/** A checkpoint whose log signature held. */
export interface OpenedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
  /** The log's own signatures that held. */
  readonly signatures: readonly VerifiedSignature[];
}

/**
 * Signs a checkpoint with each of the log's keys: Ed25519 (0x01), and ML-DSA-44 (0x06) where it has one (PROTOCOL 4.4).
 *
 * @param timestampSeconds POSIX time that the ML-DSA-44 signature carries
 * @throws CheckpointError `origin` if a key is not named as the origin
 */
export function signCheckpoint(
  checkpoint: Checkpoint,
  signers: readonly NoteSigner[],
  timestampSeconds: number,
): Uint8Array {
  const stranger = signers.find((signer) => signer.key.name !== checkpoint.origin);
  if (stranger !== undefined) {
    const what = `the key "${stranger.key.name}" cannot sign for the log "${checkpoint.origin}"`;
    throw new CheckpointError('origin', { what, fix: 'Name the log key as its origin.' });
  }
  return formatNote(signNote(formatCheckpoint(checkpoint), signers, timestampSeconds));
}

/**
 * Opens a checkpoint signed by one of the log's keys. Only keys named as the origin count. Where one of them is an
 * Ed25519 key, it must have signed: ML-DSA-44 is carried beside it, never instead (PROTOCOL 4.4).
 *
 * @throws NoteError `malformed` | `bad-signature` | `no-known-signature`
 * @throws CheckpointError `malformed` | `size` | `root`
 */
export function openCheckpoint(
  noteBytes: Uint8Array,
  logVerifiers: readonly NoteVerifier[],
): OpenedCheckpoint {
  const note = parseNote(noteBytes);
  const checkpoint = parseCheckpoint(note.text);
  const own = logVerifiers.filter((verifier) => verifier.key.name === checkpoint.origin);
  const signatures = verifyNote(note, own);
  if (own.some(isEd25519) && !signatures.some(({ verifier }) => isEd25519(verifier))) {
    const what = `the Ed25519 key of "${checkpoint.origin}" has not signed; only its ML-DSA-44 key has`;
    throw new NoteError('no-known-signature', { what });
  }
  return { checkpoint, note, signatures };
}

const isEd25519 = ({ key }: NoteVerifier): boolean => key.type === SIGNATURE_TYPE.ed25519;
