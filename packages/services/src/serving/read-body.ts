/** Takes a request's body from the socket, never more of it than allowed. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { AssayError } from '@assay/core';

/** The environment of an application on Node: the raw request and response are at hand. */
export interface NodeBindings {
  Bindings: HttpBindings;
}

/** A body that is larger than allowed, or that ended early. */
export class BodyError extends AssayError<'too-large' | 'cut'> {}

/**
 * The body of `c`'s request, read without web streams (they cost several times the CPU of the raw stream).
 *
 * @throws BodyError `too-large` as soon as that is known, `cut` when the client went away
 */
export async function readBody(c: Context<NodeBindings>, limit: number): Promise<Uint8Array> {
  const { incoming } = c.env;
  const declared = Number(incoming.headers['content-length'] ?? 0);
  if (declared > limit) throw tooLarge(declared, limit);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > limit) throw tooLarge(length, limit);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof BodyError) throw cause;
    throw new BodyError('cut', { what: `the request ended after ${length} bytes`, where: 'body', cause });
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks, length);
}

const tooLarge = (length: number, limit: number): BodyError =>
  new BodyError('too-large', {
    what: `the body has ${length} bytes or more, at most ${limit} are taken`,
    where: 'body',
    fix: 'Send fewer rows at once.',
  });
