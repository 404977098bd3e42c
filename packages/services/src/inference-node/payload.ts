/** A kept request as a verifier or its client gets it: everything that opens the receipt's commitments. */
import type { Kept } from './kept-answer.ts';
import { decodeFrame, encodeFrame, FrameError, type Salts } from './wire/index.ts';

/** What opens a receipt. */
export interface Payload {
  readonly salts: Salts;
  readonly entry: Uint8Array;
  readonly requestBytes: Uint8Array;
  /** Canonical tensor encodings. */
  readonly inputBytes: Uint8Array;
  readonly outputBytes: Uint8Array;
}

/** The body of GET /assay/v1/payloads/<receipt id>: salts; entry, request, input, output. */
export function payloadFrame({ salts, entry, requestBytes, inputBytes, outputBytes }: Kept): Uint8Array {
  return encodeFrame({ head: { salts }, parts: [entry, requestBytes, inputBytes, outputBytes] });
}

/** Reads it. Whether it opens the commitments is for `openCommitment` to say. @throws FrameError */
export function readPayload(body: Uint8Array): Payload {
  const { head, parts } = decodeFrame(body);
  const [entry, requestBytes, inputBytes, outputBytes] = parts;
  if (
    entry === undefined ||
    requestBytes === undefined ||
    inputBytes === undefined ||
    outputBytes === undefined
  ) {
    throw new FrameError('malformed', {
      what: `a payload has four parts, this one ${parts.length}`,
      where: 'body',
    });
  }
  return { salts: (head as { salts: Salts }).salts, entry, requestBytes, inputBytes, outputBytes };
}
