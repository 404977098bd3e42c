/** Reads a request's body into one buffer of its declared length. */
import type { IncomingMessage } from 'node:http';
import { NodeError } from '@assay/storage';
import { freePiece } from '@assay/storage/node';

/** @throws NodeError `bad-request` when the length is missing or beyond `limit` */
export function bodyLength(request: IncomingMessage, limit: number): number {
  const declared = Number(request.headers['content-length'] ?? NaN);
  if (!Number.isSafeInteger(declared) || declared < 0 || declared > limit) {
    throw new NodeError('bad-request', { what: `a body needs a Content-Length of at most ${limit}` });
  }
  return declared;
}

/** @throws NodeError `bad-request` when the length is missing, beyond `limit`, or not what arrives */
export async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const out = new Uint8Array(bodyLength(request, limit));
  await readInto(request, out);
  return out;
}

/**
 * Fills `out` with the body. By events: an iterator costs more per piece than the piece's own copy.
 * @throws NodeError `bad-request` when it is not exactly as long
 */
export function readInto(request: IncomingMessage, out: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let at = 0;
    request.on('data', (piece: Buffer) => {
      if (at + piece.length <= out.length) out.set(piece, at);
      at += piece.length;
      // Copied: half of a busy node's time went into collections that such pieces made.
      freePiece(piece);
    });
    request.once('end', () => {
      if (at === out.length) resolve();
      else reject(new NodeError('bad-request', { what: `${at} of ${out.length} bytes arrived` }));
    });
    // Reset or closed, it is the client that is gone: no fault of the node's, and nobody is left to be told.
    const gone = (cause?: Error): void => {
      const what = `the connection ended at ${at} of ${out.length} bytes`;
      reject(new NodeError('bad-request', { what, ...(cause === undefined ? {} : { cause }) }));
    };
    request.once('error', gone);
    request.once('close', () => gone());
  });
}
