/** Signed notes as bytes: splitting and joining text and signature lines (c2sp.org/signed-note, "Format"). */
import { base64, concat, EncodingError, fromBase64, fromHex, fromUtf8, hex, utf8 } from '@assay/core';
import { NoteError } from './errors.ts';

/** Most bytes and signatures a note may have; the spec asks readers to bound them, and to take at least 16. */
export const MAX_NOTE_BYTES = 1_048_576;
export const MAX_NOTE_SIGNATURES = 100;

/** One signature line. Nothing is verified yet. */
export interface NoteSignature {
  /** Key name: not empty, no Unicode space, no plus. */
  readonly name: string;
  /** Key ID: eight lower-case hex digits of the big-endian 32-bit value. */
  readonly keyId: string;
  /** The signature itself, without the key ID; its layout depends on the key's type. */
  readonly blob: Uint8Array;
}

/** A note whose signatures may or may not hold. */
export interface Note {
  /** The signed text, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const SIGNATURE_PREFIX = '\u2014 ';
const malformed = (what: string, where?: string): NoteError =>
  new NoteError('malformed', { what, ...(where === undefined ? {} : { where }) });

/** Whether `name` may name a key (signed-note, "Format"). */
export function isKeyName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the spec's own rule: no control character below U+0020 in a note
  return name.length > 0 && !/[\u0000-\u001f+\p{White_Space}]/u.test(name);
}

/**
 * Splits a signed note at its last empty line (signed-note, "Format"). Verifies no signature.
 *
 * @throws NoteError `malformed`
 */
export function parseNote(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES)
    throw malformed(`a note of ${bytes.length} bytes is over ${MAX_NOTE_BYTES}`);
  const whole = noteText(bytes);
  const split = whole.lastIndexOf('\n\n');
  if (split < 0) throw malformed('a note needs an empty line between its text and its signatures');
  if (!whole.endsWith('\n')) throw malformed('a note must end in a newline', `byte ${bytes.length}`);
  const lines = whole.slice(split + 2, -1).split('\n');
  if (whole.length === split + 2) throw malformed('a note needs at least one signature line');
  if (lines.length > MAX_NOTE_SIGNATURES)
    throw malformed(`${lines.length} signatures are over ${MAX_NOTE_SIGNATURES}`);
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/**
 * Reads one signature line, without its newline.
 *
 * @param at its place among the note's signature lines, for the error
 * @throws NoteError `malformed`
 */
export function parseSignatureLine(line: string, at = 0): NoteSignature {
  const where = `signature line ${at + 1}`;
  if (!line.startsWith(SIGNATURE_PREFIX))
    throw malformed('a signature line starts with an em dash and a space', where);
  const space = line.indexOf(' ', SIGNATURE_PREFIX.length);
  const name = line.slice(SIGNATURE_PREFIX.length, space);
  if (space < 0 || !isKeyName(name)) throw malformed('a signature line is "— <key name> <base64>"', where);
  const bytes = signatureBytes(line.slice(space + 1), where);
  return { name, keyId: hex(bytes.subarray(0, 4)), blob: bytes.slice(4) };
}

/** One signature line with its final newline. The inverse of {@link parseSignatureLine}. */
export function formatSignatureLine(signature: NoteSignature): string {
  return `${SIGNATURE_PREFIX}${signature.name} ${base64(concat(fromHex(signature.keyId), signature.blob))}\n`;
}

/**
 * The bytes of a note. The inverse of {@link parseNote}.
 *
 * @throws NoteError `malformed` for a text or a name that no note can carry
 */
export function formatNote(note: Note): Uint8Array {
  if (!note.text.endsWith('\n')) throw malformed('the text of a note must end in a newline');
  if (note.signatures.length === 0) throw malformed('a note needs at least one signature');
  const bad = note.signatures.find((signature) => !isKeyName(signature.name));
  if (bad !== undefined) throw malformed(`"${bad.name}" cannot be a key name`);
  const bytes = utf8(`${note.text}\n${note.signatures.map(formatSignatureLine).join('')}`);
  noteText(bytes);
  return bytes;
}

/** The characters of a note's bytes: valid UTF-8 and no ASCII control character but newline. */
function noteText(bytes: Uint8Array): string {
  const control = bytes.findIndex((byte) => byte < 0x20 && byte !== 0x0a);
  if (control >= 0) throw malformed('a note holds no control character but newline', `byte ${control}`);
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new NoteError('malformed', { what: 'a note must be valid UTF-8', cause });
  }
}

function signatureBytes(text: string, where: string): Uint8Array {
  try {
    const bytes = fromBase64(text);
    if (bytes.length > 4) return bytes;
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new NoteError('malformed', { what: 'a signature is padded standard base64', where, cause });
  }
  throw malformed('a signature holds a 4-byte key ID and at least one byte more', where);
}
