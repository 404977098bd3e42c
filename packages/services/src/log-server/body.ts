/** Reads a request body whole, within a limit of size. The server's own timeouts bound how long it may take. */
import type { IncomingMessage } from 'node:http';
import { LogServerError } from './server-error.ts';

/** The body's bytes. @throws LogServerError `too-large` | `request` */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const declared = Number(request.headers['content-length'] ?? 0);
  return new Promise((resolve, reject) => {
    if (declared > limit) {
      reject(tooLarge(declared, limit));
      return;
    }
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) {
        request.pause();
        reject(tooLarge(length, limit));
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.on('error', (cause) =>
      reject(new LogServerError('request', { what: 'the body broke off', cause })),
    );
  });
}

function tooLarge(length: number, limit: number): LogServerError {
  return new LogServerError('too-large', { what: `a body of ${length} bytes or more is over ${limit}` });
}
