/** The text of a checkpoint: origin, size, root, extension lines (c2sp.org/tlog-checkpoint, "Note text"). */
import { base64, EncodingError, fromBase64 } from '@assay/core';
import { parseDecimal } from './decimal.ts';
import { CheckpointError } from './errors.ts';
import { HASH_BYTES } from './merkle.ts';

/** What a log says about its tree. */
export interface Checkpoint {
  /** The log's identity. */
  readonly origin: string;
  /** Number of leaves; a safe integer. */
  readonly size: number;
  /** RFC 6962 root, 32 bytes. */
  readonly root: Uint8Array;
  /** Opaque, each non-empty; kept but not relied upon. Absent is the same as none. */
  readonly extensions?: readonly string[];
}

/**
 * Reads the text of a checkpoint, strictly: every checkpoint has one spelling.
 *
 * @throws CheckpointError `malformed` | `size` | `root`
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('the text of a checkpoint must end in a newline');
  const [origin, sizeLine, rootLine, ...extensions] = text.slice(0, -1).split('\n');
  if (origin === undefined || sizeLine === undefined || rootLine === undefined) {
    throw malformed('a checkpoint has at least three lines: origin, size, root');
  }
  const empty = [origin, sizeLine, rootLine, ...extensions].indexOf('');
  if (empty >= 0) throw malformed('no line of a checkpoint is empty', `line ${empty + 1}`);
  const size = parseDecimal(sizeLine);
  if (size === undefined) {
    const what = `"${sizeLine.slice(0, 40)}" is not a decimal size without leading zeroes, below 2^53`;
    throw new CheckpointError('size', { what, where: 'line 2' });
  }
  return { origin, size, root: parseRoot(rootLine), ...(extensions.length === 0 ? {} : { extensions }) };
}

/**
 * The text of a checkpoint, with its final newline. The inverse of {@link parseCheckpoint}.
 *
 * @throws CheckpointError for a value that no checkpoint can carry
 */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const lines = [
    checkpoint.origin,
    String(checkpoint.size),
    base64(checkpoint.root),
    ...(checkpoint.extensions ?? []),
  ];
  const text = `${lines.join('\n')}\n`;
  const back = parseCheckpoint(text);
  // A newline inside a field would shift the lines after it.
  if (
    back.origin !== checkpoint.origin ||
    (back.extensions?.length ?? 0) !== (checkpoint.extensions?.length ?? 0)
  ) {
    throw malformed('no field of a checkpoint holds a newline');
  }
  return text;
}

function parseRoot(line: string): Uint8Array {
  try {
    const root = fromBase64(line);
    if (root.length === HASH_BYTES) return root;
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
  }
  throw new CheckpointError('root', { what: `a root is base64 of ${HASH_BYTES} bytes`, where: 'line 3' });
}

const malformed = (what: string, where?: string): CheckpointError =>
  new CheckpointError('malformed', { what, ...(where === undefined ? {} : { where }) });
