/** The frame of requests and responses: a JSON object, then the binary data of its tensors (binary tensor data extension). */
import { concat, fromUtf8, utf8 } from '@assay/core';
import type { OipLimits } from './limits.ts';
import { OipError } from './oip-error.ts';

/** Name of the header that gives the length of the JSON part, as HTTP/2 and Node spell it. */
export const HEADER_LENGTH = 'inference-header-content-length';

/** What goes over HTTP. */
export interface OipMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A message taken apart. `tail` is undefined when no header announced one. */
export interface Split {
  readonly json: unknown;
  readonly tail: Uint8Array | undefined;
}

/**
 * Takes a body apart.
 *
 * @param headerLength value of Inference-Header-Content-Length, if any
 * @throws OipError `too-large` | `header-length` | `unsupported` | `json`
 */
export function splitMessage(body: Uint8Array, headerLength: string | undefined, limits: OipLimits): Split {
  if (body.length > limits.body) throw tooLarge('body', body.length, limits.body);
  const length = headerLength === undefined ? body.length : readLength(headerLength, body.length);
  if (length > limits.json) throw tooLarge('JSON part', length, limits.json);
  const json = readJson(body.subarray(0, length));
  return { json, tail: headerLength === undefined ? undefined : body.subarray(length) };
}

/** Puts a message together. Without `blobs` it is plain JSON. */
export function joinMessage(json: string, blobs: readonly Uint8Array[]): OipMessage {
  const head = utf8(json);
  if (blobs.length === 0) return { headers: { 'content-type': 'application/json' }, body: head };
  return {
    headers: { 'content-type': 'application/octet-stream', [HEADER_LENGTH]: String(head.length) },
    body: concat(head, ...blobs),
  };
}

function readLength(text: string, bodyLength: number): number {
  const length = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (length === 0) {
    throw new OipError('unsupported', {
      what: 'a raw binary request (Inference-Header-Content-Length: 0)',
      where: 'header Inference-Header-Content-Length',
      fix: 'Send the JSON object that names, shapes and types the input before its bytes.',
    });
  }
  if (length <= bodyLength) return length;
  throw new OipError('header-length', {
    what: `"${text.slice(0, 40)}" is not a length within the body of ${bodyLength} bytes`,
    where: 'header Inference-Header-Content-Length',
    fix: 'It is the number of bytes of the JSON object, in decimal digits.',
  });
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw new OipError('json', {
      what: `${bytes.length} bytes are not a JSON object in UTF-8: ${(cause as Error).message.slice(0, 200)}`,
      where: 'body',
      fix: 'If binary data follows, give the length of the JSON in Inference-Header-Content-Length.',
      cause,
    });
  }
}

function tooLarge(what: string, length: number, limit: number): OipError {
  return new OipError('too-large', {
    what: `the ${what} has ${length} bytes, at most ${limit} are taken`,
    where: 'body',
    fix: 'Send fewer rows at once; large tensors take less room in the binary form.',
  });
}
