/** Asking one witness for a cosignature, or for what it last saw (c2sp.org/tlog-witness, from the log's side). */
import { AssayError, fromUtf8 } from '@assay/core';
import {
  type NoteSignature,
  type NoteVerifier,
  parseCheckpoint,
  parseDecimal,
  parseNote,
  parseSignatureLine,
  verifyNote,
} from '../index.ts';
import { originHash } from './witness-store.ts';
import { WitnessError } from './witness-error.ts';
import { formatAddCheckpoint } from './witness-request.ts';

/** Where a witness is, and the key that its answers must verify under. */
export interface WitnessTarget {
  /** For people. */
  readonly name: string;
  readonly verifier: NoteVerifier;
  /** Submission prefix; the monitoring prefix too, unless given apart. */
  readonly url: string;
  readonly monitoringUrl?: string;
}

/** What to have cosigned. */
export interface Submission {
  /** The log's signed checkpoint note. */
  readonly checkpoint: Uint8Array;
  /** Size of the witness's latest checkpoint, as far as known; 0 asks it. */
  readonly sizeHint: number;
  /** A consistency proof from `oldSize` to the checkpoint's size; called with 0 < oldSize < size only. */
  readonly proofFrom: (oldSize: number) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
}

/** Most bytes read of any answer. */
const MAX_REPLY_BYTES = 262_144;
/** A hint, a correction, and one more for a witness that another checkpoint reached in between. */
const ATTEMPTS = 3;

/**
 * Submits a checkpoint and returns the witness's cosignatures that verify. Starts from the size hint; after a 409 that
 * names another size it tries again from there.
 *
 * @throws WitnessError `unreachable` | `refused` | `busy` | `ahead` | `inconsistent` | `bad-reply`
 */
export async function submitCheckpoint(
  target: WitnessTarget,
  submission: Submission,
  signal: AbortSignal,
): Promise<readonly NoteSignature[]> {
  const note = parseNote(submission.checkpoint);
  const { size } = parseCheckpoint(note.text);
  let oldSize = Math.min(submission.sizeHint, size);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const proof = oldSize === 0 || oldSize === size ? [] : await submission.proofFrom(oldSize);
    const body = formatAddCheckpoint({ oldSize, proof, checkpoint: submission.checkpoint });
    const { status, text } = await ask(target, 'add-checkpoint', { method: 'POST', body, signal });
    if (status === 200) return readCosignatures(target, note.text, text);
    oldSize = nextOldSize(target, { status, text, oldSize, size });
  }
  throw fault(target, 'busy', `its latest size kept changing over ${ATTEMPTS} attempts`);
}

/**
 * The latest checkpoint note that the witness holds of a log, or undefined if it never cosigned one. Nothing is verified.
 *
 * @throws WitnessError `unreachable` | `bad-reply` | `busy`
 */
export async function fetchWitnessCheckpoint(
  target: WitnessTarget,
  origin: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const base = { ...target, url: target.monitoringUrl ?? target.url };
  const { status, bytes } = await ask(base, `${originHash(origin)}/checkpoint`, { method: 'GET', signal });
  if (status === 200) return bytes;
  if (status === 404) return undefined;
  if (status === 429 || status === 503) throw fault(target, 'busy', `it answered ${status}`);
  throw fault(target, 'bad-reply', `it answered ${status} to a question for its latest checkpoint`);
}

/** The witnesses of a policy that have a URL. */
export function witnessTargets(
  witnesses: readonly { readonly name: string; readonly verifier: NoteVerifier; readonly url?: string }[],
): WitnessTarget[] {
  return witnesses.flatMap(({ name, verifier, url }) => (url === undefined ? [] : [{ name, verifier, url }]));
}

/** What an answer other than 200 means: the size to try next, or why to give up. */
function nextOldSize(
  target: WitnessTarget,
  { status, text, oldSize, size }: { status: number; text: string; oldSize: number; size: number },
): number {
  const reason = text.trim().slice(0, 200);
  switch (status) {
    case 409: {
      const stored = parseDecimal(text.trimEnd());
      // v1.0.0 answered 409 without a size when the trees differ; later versions answer 422.
      if (stored === undefined) throw fault(target, 'inconsistent', 'it holds another tree of this size');
      if (stored > size)
        throw fault(target, 'ahead', `it holds a tree of ${stored} leaves, this one has ${size}`);
      if (stored === oldSize)
        throw fault(target, 'bad-reply', `it refused old size ${oldSize} and named the same`);
      return stored;
    }
    case 422:
      throw fault(
        target,
        'inconsistent',
        `it finds this tree inconsistent with the one it cosigned: ${reason}`,
      );
    case 403:
    case 404:
      throw fault(target, 'refused', `it answered ${status}: ${reason}`);
    case 429:
    case 503:
      throw fault(target, 'busy', `it answered ${status}: ${reason}`);
    default:
      throw fault(target, 'bad-reply', `it answered ${status}: ${reason}`);
  }
}

/** Verifies the signature lines of an answer; cosignatures by unknown keys are ignored. */
function readCosignatures(target: WitnessTarget, noteText: string, reply: string): readonly NoteSignature[] {
  try {
    const lines = reply.endsWith('\n') ? reply.slice(0, -1).split('\n') : [];
    const signatures = lines.map((line, i) => parseSignatureLine(line, i));
    const verified = verifyNote({ text: noteText, signatures }, [target.verifier]);
    return verified.map(({ name, keyId, blob }) => ({ name, keyId, blob }));
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new WitnessError('bad-reply', {
      what: `${target.name} answered with no cosignature of its own`,
      where: target.url,
      cause,
    });
  }
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

async function ask(
  target: WitnessTarget,
  path: string,
  { method, body, signal }: Question,
): Promise<{ status: number; bytes: Uint8Array; text: string }> {
  const url = `${target.url.replace(/\/$/, '')}/${path}`;
  try {
    const answer = await fetch(url, {
      method,
      signal,
      redirect: 'error',
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const bytes = await readAtMost(answer, MAX_REPLY_BYTES);
    return { status: answer.status, bytes, text: fromUtf8(bytes) };
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new WitnessError('unreachable', {
      what: `${target.name} gave no answer (${why})`,
      where: url,
      cause,
    });
  }
}

/** The answer's bytes; a witness is a stranger and may send without end. */
async function readAtMost(answer: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of answer.body ?? []) {
    length += part.length;
    if (length > limit) throw new RangeError(`more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const fault = (target: WitnessTarget, code: WitnessError['code'], what: string): WitnessError =>
  new WitnessError(code, { what: `${target.name}: ${what}`, where: target.url });

/** A witness as somebody who can say what it last saw, with one time limit per question: for a log's guard at start. */
export function witnessView(
  target: WitnessTarget,
  timeoutMs: number,
): { readonly name: string; lastCheckpoint(origin: string): Promise<Uint8Array | undefined> } {
  return {
    name: target.name,
    lastCheckpoint: (origin) => fetchWitnessCheckpoint(target, origin, AbortSignal.timeout(timeoutMs)),
  };
}
