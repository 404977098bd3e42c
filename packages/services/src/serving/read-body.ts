/** Takes a request's body from the socket, never more of it than allowed. */
import type { IncomingMessage } from 'node:http';
import { AssayError } from '@assay/core';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/** The environment of an application on Node: the raw request and response are at hand. */
export interface NodeBindings {
  Bindings: HttpBindings;
}

/** A body that is larger than allowed, or that ended early. */
export class BodyError extends AssayError<'too-large' | 'cut'> {}

/** How long the rest of a body that is refused is read and thrown away. */
const DISCARD_MS = 2_000;

/**
 * The body of `c`'s request, read without web streams (they cost several times the CPU of the raw stream).
 *
 * @throws BodyError `too-large` as soon as that is known, `cut` when the client went away
 */
export function readBody(c: Context<NodeBindings>, limit: number): Promise<Uint8Array> {
  const incoming = c.env.incoming as IncomingMessage;
  const declared = Number(incoming.headers['content-length'] ?? 0);
  if (declared > limit) {
    discard(incoming);
    return Promise.reject(tooLarge(declared, limit));
  }
  return collect(incoming, limit);
}

function collect(incoming: IncomingMessage, limit: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const onData = (chunk: Uint8Array): void => {
    length += chunk.length;
    chunks.push(chunk);
    if (length <= limit) return;
    incoming.off('data', onData);
    chunks.length = 0;
    discard(incoming);
    reject(tooLarge(length, limit));
  };
  incoming.on('data', onData);
  incoming.once('end', () =>
    resolve(chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)),
  );
  incoming.once('close', () => {
    if (incoming.readableEnded) return;
    reject(new BodyError('cut', { what: `the request ended after ${length} bytes`, where: 'body' }));
  });
  incoming.once('error', () => undefined);
  return promise;
}

/** Reads on for a moment, or a client that is still writing would meet a closed socket in place of our answer. */
function discard(incoming: IncomingMessage): void {
  incoming.resume();
  const giveUp = setTimeout(() => incoming.destroy(), DISCARD_MS);
  incoming.once('end', () => clearTimeout(giveUp));
  incoming.once('close', () => clearTimeout(giveUp));
}

const tooLarge = (length: number, limit: number): BodyError =>
  new BodyError('too-large', {
    what: `the body has ${length} bytes or more, at most ${limit} are taken`,
    where: 'body',
    fix: 'Send fewer rows at once.',
  });
