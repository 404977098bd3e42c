/** One JSON object and the byte strings that belong to it, as one body between our own processes. */
import { AssayError, canonicalJson, concat, fromUtf8, utf8 } from '@assay/core';

/** Media type of a frame. */
export const FRAME_TYPE = 'application/vnd.assay.frame';

/** Bytes that are not a frame. */
export class FrameError extends AssayError<'malformed'> {}

/** A frame taken apart. The parts share the body's memory. */
export interface Frame {
  readonly head: unknown;
  readonly parts: readonly Uint8Array[];
}

const MAX_PARTS = 8;

/** count u8 | length u32 of the head and of each part | head as canonical JSON | parts. Big-endian. */
export function encodeFrame({ head, parts }: Frame): Uint8Array {
  const sections = [utf8(canonicalJson(head)), ...parts];
  const lengths = new Uint8Array(1 + 4 * sections.length);
  const view = new DataView(lengths.buffer);
  view.setUint8(0, parts.length);
  for (const [i, section] of sections.entries()) view.setUint32(1 + 4 * i, section.length);
  return concat(lengths, ...sections);
}

/** @throws FrameError unless `bytes` are exactly one frame */
export function decodeFrame(bytes: Uint8Array): Frame {
  const count = bytes[0] ?? MAX_PARTS + 1;
  let at = 1 + 4 * (count + 1);
  if (count > MAX_PARTS || bytes.length < at) throw malformed('the frame has no whole head');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sections: Uint8Array[] = [];
  for (let i = 0; i <= count; i++) {
    const length = view.getUint32(1 + 4 * i);
    // Lengths come from outside: compare with what is left.
    if (length > bytes.length - at)
      throw malformed(`section ${i} has ${length} bytes, ${bytes.length - at} are left`);
    sections.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw malformed(`${bytes.length - at} bytes are left over`);
  const [head, ...parts] = sections;
  return { head: parseHead(head as Uint8Array), parts };
}

function parseHead(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes)) as unknown;
  } catch (cause) {
    throw malformed('the head is not JSON', cause);
  }
}

const malformed = (what: string, cause?: unknown): FrameError =>
  new FrameError('malformed', { what, where: 'body', ...(cause === undefined ? {} : { cause }) });
