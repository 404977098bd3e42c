/** Reads a request's body into one buffer of its declared length. */
import type { IncomingMessage } from 'node:http';
import { NodeError } from '@assay/storage';

/** @throws NodeError `bad-request` when the length is missing, beyond `limit`, or not what arrives */
export async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const declared = Number(request.headers['content-length'] ?? NaN);
  if (!Number.isSafeInteger(declared) || declared < 0 || declared > limit) {
    throw new NodeError('bad-request', { what: `a body needs a Content-Length of at most ${limit}` });
  }
  const out = Buffer.allocUnsafeSlow(declared);
  let at = 0;
  for await (const part of request as AsyncIterable<Buffer>) at += part.copy(out, at);
  if (at !== declared) throw new NodeError('bad-request', { what: `${at} of ${declared} bytes arrived` });
  return out;
}
