/** A witness: cosigns what is consistent with what it cosigned before (c2sp.org/tlog-witness). HTTP is elsewhere. */
import { AssayError, equal } from '@assay/core';
import {
  type Checkpoint,
  cosign,
  emptyRoot,
  formatNote,
  NoteError,
  type NoteSigner,
  type NoteVerifier,
  openCheckpoint,
  type OpenedCheckpoint,
  parseCheckpoint,
  parseNote,
  parseSignatureLine,
  ProofError,
  verifyConsistency,
} from '../index.ts';
import { WitnessError } from './witness-error.ts';
import { type AddCheckpointRequest, parseAddCheckpoint } from './witness-request.ts';
import type { StoredCheckpoint, WitnessStore } from './witness-store.ts';

/** What a witness is made of. */
export interface WitnessParts {
  /** Its cosigning keys: type 0x04, and 0x06 where it has one. */
  readonly signers: readonly NoteSigner[];
  /** Keys of the logs it witnesses; a log is known by its keys' name, its origin. */
  readonly logs: readonly NoteVerifier[];
  readonly store: WitnessStore;
  /** POSIX seconds now. */
  readonly now: () => number;
}

/** An HTTP answer, without HTTP. */
export interface WitnessReply {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 503;
  readonly contentType: string;
  readonly body: string;
}

export interface Witness {
  /** Answers POST add-checkpoint. The new state is durable before this returns. */
  addCheckpoint(body: Uint8Array): WitnessReply;
  /** Answers GET <origin hash>/checkpoint: the latest cosigned note, or undefined for 404. */
  checkpoint(originHash: string): Uint8Array | undefined;
}

const TEXT = 'text/plain; charset=utf-8';

/** A witness over its store. */
export function createWitness(parts: WitnessParts): Witness {
  return {
    addCheckpoint: (body) => {
      try {
        const request = parseAddCheckpoint(body);
        const opened = openForWitness(request, parts.logs);
        return { status: 200, contentType: TEXT, body: advance(request, opened, parts) };
      } catch (fault) {
        if (fault instanceof Refusal) return fault.reply;
        if (fault instanceof AssayError) return replyTo(fault);
        throw fault;
      }
    },
    checkpoint: (hash) => parts.store.byOriginHash(hash)?.note,
  };
}

/** The checks that need no memory: 400, 404, 403, 400, in the order of the specification. */
function openForWitness(request: AddCheckpointRequest, logs: readonly NoteVerifier[]): OpenedCheckpoint {
  const { origin } = parseCheckpoint(parseNote(request.checkpoint).text);
  const keys = logs.filter((log) => log.key.name === origin);
  if (keys.length === 0) throw new Refusal(404, `the log "${origin}" is not witnessed here`);
  const opened = openCheckpoint(request.checkpoint, keys);
  if (request.oldSize > opened.checkpoint.size) {
    throw new Refusal(400, `old size ${request.oldSize} is over the checkpoint's ${opened.checkpoint.size}`);
  }
  return opened;
}

/** The checks against memory, the cosignature and its persistence, as one step. Returns the signature lines. */
function advance(request: AddCheckpointRequest, opened: OpenedCheckpoint, parts: WitnessParts): string {
  const { checkpoint, note } = opened;
  let lines = '';
  parts.store.advance(checkpoint.origin, (latest) => {
    checkAgainst(latest, request, checkpoint);
    const timestamp = timeAfter(latest, parts.now());
    const ours = parts.signers.map((signer) => cosign(note, signer, timestamp));
    lines = ours.join('');
    const signatures = [...opened.signatures, ...ours.map((line) => parseSignatureLine(line.trimEnd()))];
    return { ...checkpoint, timestamp, note: formatNote({ text: note.text, signatures }) };
  });
  return lines;
}

/** 409 for another old size; 422 for an empty tree with a root, a proof that fails, or another tree of one size. */
function checkAgainst(
  latest: StoredCheckpoint | undefined,
  request: AddCheckpointRequest,
  next: Checkpoint,
): void {
  const size = latest?.size ?? 0;
  if (request.oldSize !== size) throw new Refusal(409, String(size));
  if (next.size === 0 && !equal(next.root, emptyRoot()))
    throw new Refusal(422, 'an empty tree has the root of an empty tree');
  const oldRoot = latest?.root ?? emptyRoot();
  verifyConsistency({ oldSize: size, oldRoot, size: next.size, root: next.root, proof: request.proof });
}

/** A cosignature says "the largest tree as of this time": a clock that went back would make two of them disagree. */
function timeAfter(latest: StoredCheckpoint | undefined, now: number): number {
  if (now > 0 && now >= (latest?.timestamp ?? 0)) return now;
  const what = `the clock says ${now}, and this log was cosigned at ${latest?.timestamp ?? 0}`;
  throw new WitnessError('clock', {
    what,
    fix: 'Set the clock of the witness; it signs again once it has caught up.',
  });
}

/** A refusal whose status the specification names. */
class Refusal extends Error {
  readonly reply: WitnessReply;

  constructor(status: Exclude<WitnessReply['status'], 200>, text: string) {
    super(text);
    this.reply = { status, contentType: status === 409 ? 'text/x.tlog.size' : TEXT, body: `${text}\n` };
  }
}

function replyTo(fault: AssayError): WitnessReply {
  const text = `${fault.message}\n`;
  if (fault instanceof ProofError) return { status: 422, contentType: TEXT, body: text };
  if (fault instanceof NoteError && fault.code !== 'malformed')
    return { status: 403, contentType: TEXT, body: text };
  if (fault instanceof WitnessError && fault.code === 'clock')
    return { status: 503, contentType: TEXT, body: text };
  return { status: 400, contentType: TEXT, body: text };
}
