/** Self-contained proofs that an entry is in a log, `.tlog-proof` files (c2sp.org/tlog-proof@v1). */
import { base64, EncodingError, fromBase64, fromUtf8, utf8 } from '@assay/core';
import { parseDecimal } from './decimal.ts';
import { ProofError } from './errors.ts';
import { HASH_BYTES } from './merkle.ts';
import { verifyInclusion } from './merkle-verify.ts';
import { openWitnessedCheckpoint, type WitnessedCheckpoint } from './policy.ts';
import type { Policy } from './policy-parse.ts';

/** The parts of a `.tlog-proof` file. */
export interface TlogProof {
  /** Position of the entry in the log. */
  readonly index: number;
  /** Inclusion proof, leaf sibling first. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint note, byte for byte. */
  readonly checkpoint: Uint8Array;
  /** Opaque data beside the proof. Not authenticated by anything. */
  readonly extra?: Uint8Array;
}

const HEADER = 'c2sp.org/tlog-proof@v1';
/** An inclusion proof in a tree below 2^63 leaves has at most this many hashes. */
const MAX_PROOF_HASHES = 63;

/** The bytes of a `.tlog-proof` file. The inverse of {@link parseTlogProof}. */
export function formatTlogProof(proof: TlogProof): Uint8Array {
  const extra = proof.extra === undefined ? [] : [`extra ${base64(proof.extra)}`];
  const lines = [HEADER, ...extra, `index ${proof.index}`, ...proof.hashes.map(base64), '', ''];
  return utf8(`${lines.join('\n')}${fromUtf8(proof.checkpoint)}`);
}

/**
 * Reads a `.tlog-proof` file. Nothing is verified.
 *
 * @throws ProofError `malformed`
 */
export function parseTlogProof(bytes: Uint8Array): TlogProof {
  const whole = decode(bytes);
  // No line before the checkpoint is empty, so the first empty line ends the proof's own part.
  const split = whole.indexOf('\n\n');
  if (split < 0) throw malformed('an empty line must stand before the checkpoint');
  const [header, ...rest] = whole.slice(0, split).split('\n');
  if (header !== HEADER) throw malformed(`the first line must be "${HEADER}"`, 'line 1');
  const extra =
    rest[0]?.startsWith('extra ') === true
      ? bytesOf(rest.shift()?.slice(6) ?? '', 'the extra line')
      : undefined;
  const indexLine = rest.shift() ?? '';
  const index = indexLine.startsWith('index ') ? parseDecimal(indexLine.slice(6)) : undefined;
  if (index === undefined) throw malformed('the index line is "index <decimal without leading zeroes>"');
  if (rest.length > MAX_PROOF_HASHES) throw malformed(`${rest.length} hashes are over ${MAX_PROOF_HASHES}`);
  const hashes = rest.map((line, i) => hashOf(line, `hash ${i + 1}`));
  return {
    index,
    hashes,
    checkpoint: utf8(whole.slice(split + 2)),
    ...(extra === undefined ? {} : { extra }),
  };
}

/**
 * Verifies a proof offline (tlog-proof, "Verifying a tlog proof"): log signature, witness quorum, inclusion.
 *
 * @param leaf leaf hash of the entry, computed by the caller from the entry's bytes
 * @throws NoteError, CheckpointError, PolicyError for the checkpoint; ProofError for the inclusion
 */
export function verifyTlogProof(proof: TlogProof, leaf: Uint8Array, policy: Policy): WitnessedCheckpoint {
  const witnessed = openWitnessedCheckpoint(proof.checkpoint, policy);
  const { size, root } = witnessed.checkpoint;
  verifyInclusion({ leafHash: leaf, index: proof.index, size, root, proof: proof.hashes });
  return witnessed;
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw malformed('a proof must be valid UTF-8');
  }
}

function hashOf(line: string, where: string): Uint8Array {
  const hash = bytesOf(line, where);
  if (hash.length !== HASH_BYTES)
    throw malformed(`a hash has ${hash.length} bytes, not ${HASH_BYTES}`, where);
  return hash;
}

function bytesOf(text: string, where: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw malformed('is not padded standard base64', where);
  }
}

const malformed = (what: string, where?: string): ProofError =>
  new ProofError('malformed', { what, ...(where === undefined ? {} : { where }) });
