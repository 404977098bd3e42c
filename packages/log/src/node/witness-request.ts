/** The body of add-checkpoint: old size, consistency proof, checkpoint (c2sp.org/tlog-witness, "add-checkpoint"). */
import { base64, concat, EncodingError, fromBase64, fromUtf8, utf8 } from '@assay/core';
import { HASH_BYTES, parseDecimal } from '../index.ts';
import { WitnessError } from './witness-error.ts';

/** Most consistency proof lines a client may send. */
export const MAX_PROOF_LINES = 63;

export interface AddCheckpointRequest {
  /** Size of the witness's latest checkpoint of this log, as the client believes. */
  readonly oldSize: number;
  /** Consistency proof from there; empty from size 0. */
  readonly proof: readonly Uint8Array[];
  /** The checkpoint note, byte for byte. */
  readonly checkpoint: Uint8Array;
}

/** The body of a request. The inverse of {@link parseAddCheckpoint}. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpointRequest): Uint8Array {
  return concat(utf8([`old ${oldSize}`, ...proof.map(base64), '', ''].join('\n')), checkpoint);
}

/** Reads a body, strictly. The checkpoint is not looked at. @throws WitnessError `malformed` */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpointRequest {
  const split = body.findIndex((byte, i) => byte === 0x0a && body[i + 1] === 0x0a);
  if (split < 0) throw malformed('an empty line must stand before the checkpoint');
  const [oldLine = '', ...lines] = decode(body.subarray(0, split)).split('\n');
  const oldSize = oldLine.startsWith('old ') ? parseDecimal(oldLine.slice(4)) : undefined;
  if (oldSize === undefined) throw malformed('the first line is "old <decimal without leading zeroes>"');
  if (lines.length > MAX_PROOF_LINES)
    throw malformed(`${lines.length} proof lines are over ${MAX_PROOF_LINES}`);
  return { oldSize, proof: lines.map(hashOf), checkpoint: body.slice(split + 2) };
}

function hashOf(line: string, at: number): Uint8Array {
  try {
    const hash = fromBase64(line);
    if (hash.length === HASH_BYTES) return hash;
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
  }
  throw malformed(`proof line ${at + 1} is not base64 of ${HASH_BYTES} bytes`);
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw malformed('the lines before the checkpoint are ASCII');
  }
}

const malformed = (what: string): WitnessError => new WitnessError('malformed', { what });
