/** Collects an answer's body: at its told length straight into place, its pieces given back as they are copied. */
import { NodeError } from '../errors.ts';
import { freePiece } from './free-memory.ts';

interface Collecting {
  /** Bytes that the answer is said to have; NaN where something between speaks in chunks. */
  readonly told: number;
  readonly limit: number;
  readonly onBytes: (() => void) | undefined;
}

/** @throws NodeError `corrupt` when it is longer than was told or allowed | `unreachable` when it ends too early */
export async function collect(
  body: AsyncIterable<Uint8Array>,
  { told, limit, onBytes }: Collecting,
): Promise<Uint8Array> {
  // Length is the other side's word: no more memory is taken for it than what was asked for may need.
  const out = Number.isSafeInteger(told) && 0 <= told && told <= limit ? new Uint8Array(told) : undefined;
  const most = out?.length ?? limit;
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    onBytes?.();
    length += part.length;
    if (length > most) throw new NodeError('corrupt', { what: `the node's answer exceeds ${most} bytes` });
    if (out === undefined) parts.push(part);
    else {
      out.set(part, length - part.length);
      freePiece(part);
    }
  }
  if (out !== undefined && length < told)
    throw new NodeError('unreachable', { what: `the node's answer ended at ${length} of ${told} bytes` });
  return out ?? Buffer.concat(parts, length);
}
