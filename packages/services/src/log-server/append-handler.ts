/**
 * Appends over HTTP, on Node's own request and response: this is the path every statement takes, and web streams would
 * cost more than the append itself. Everything else is the Hono application's (`app.ts`).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AssayError, MAX_ENTRY_BYTES } from '@assay/core';
import type { Appended, AppendRequest, Log } from '@assay/log/node';
import type { Admission } from './admission.ts';
import { readBody } from './body.ts';
import type { ProofSource, Wait } from './proof-source.ts';
import { LogServerError } from './server-error.ts';
import { splitBatch } from './split-batch.ts';
import { refusalFor } from './status.ts';
import { waitOf } from './wait.ts';

/** Most bytes of a batch. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

export interface AppendDeps {
  readonly log: Log;
  readonly admission: Admission;
  readonly proofs: ProofSource;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: unknown) => void;
}

/** What a client reads of one entry. */
export interface AppendReply {
  readonly index: number;
  readonly id: string;
  readonly duplicate?: true;
  /** Declared keys that another record of this signer uses too: evidence of equivocation, kept (PROTOCOL 1.2). */
  readonly conflicts?: Appended['conflicts'];
  /** `.tlog-proof`, when a wait was asked for. */
  readonly proof?: string;
}

/** Answers POST /append and POST /append-batch; false when the request is for somebody else. */
export function appendHandler(
  deps: AppendDeps,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    if (request.method !== 'POST' || request.url === undefined) return false;
    const query = request.url.indexOf('?');
    const path = query < 0 ? request.url : request.url.slice(0, query);
    const search = query < 0 ? '' : request.url.slice(query + 1);
    if (path === '/append') answer(deps, response, appendOne(deps, request, search));
    else if (path === '/append-batch') answer(deps, response, appendMany(deps, request, search));
    else return false;
    return true;
  };
}

async function appendOne(deps: AppendDeps, request: IncomingMessage, search: string): Promise<string> {
  const wait = waitIn(search);
  // A little over the limit, so that an entry that is too large is told so by admission, in its own words.
  const bytes = await readBody(request, 2 * MAX_ENTRY_BYTES);
  const admitted = { bytes, ...deps.admission.admit(bytes) };
  const appended = await deps.log.append(admitted);
  return JSON.stringify(
    wait === undefined ? plainReply(admitted, appended) : await provenReply(deps, admitted, appended, wait),
  );
}

async function appendMany(deps: AppendDeps, request: IncomingMessage, search: string): Promise<string> {
  const wait = waitIn(search);
  const entries = splitBatch(await readBody(request, MAX_BATCH_BYTES));
  // All or none: a refused entry leaves the others where they were, with the sender.
  const admitted = entries.map((bytes, i) => ({ bytes, ...admitAt(deps.admission, bytes, i) }));
  const appended = await deps.log.appendBatch(admitted);
  const results: AppendReply[] = [];
  for (const [i, one] of appended.entries()) {
    results.push(
      wait === undefined ? plainReply(admitted[i], one) : await provenReply(deps, admitted[i], one, wait),
    );
  }
  return JSON.stringify({ results });
}

/** The `wait` of a query string, which is nearly always empty. */
function waitIn(search: string): Wait | undefined {
  return search === '' ? undefined : waitOf(new URLSearchParams(search).get('wait'));
}

function admitAt(admission: Admission, bytes: Uint8Array, i: number): ReturnType<Admission['admit']> {
  try {
    return admission.admit(bytes);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    throw new LogServerError('request', {
      what: `${error.code}: ${error.what}`,
      where: `entry ${i} of the batch${error.where === undefined ? '' : `, ${error.where}`}`,
      fix: `No entry of the batch was logged.${error.fix === undefined ? '' : ` ${error.fix}`}`,
      cause: error,
    });
  }
}

async function provenReply(
  deps: AppendDeps,
  request: AppendRequest | undefined,
  appended: Appended,
  wait: Wait,
): Promise<AppendReply> {
  const proof = new TextDecoder().decode(await deps.proofs.proof(appended.index, wait));
  return { ...plainReply(request, appended), proof };
}

function plainReply(
  request: AppendRequest | undefined,
  { index, isDuplicate, conflicts }: Appended,
): AppendReply {
  return {
    index,
    id: request?.id ?? '',
    ...(isDuplicate ? { duplicate: true } : {}),
    ...(conflicts.length === 0 ? {} : { conflicts }),
  };
}

function answer(deps: AppendDeps, response: ServerResponse, work: Promise<string>): void {
  work.then(
    (body) => send(response, { status: 200, body }),
    (error: unknown) => {
      const refusal = refusalFor(error);
      if (refusal.status === 500) deps.onFailure(error);
      send(response, refusal);
    },
  );
}

function send(response: ServerResponse, reply: { status: number; body: string; retryAfter?: number }): void {
  if (response.destroyed) return; // The client went away; what it sent is logged all the same.
  const headers: Record<string, string | number> = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(reply.body),
    'access-control-allow-origin': '*',
  };
  if (reply.retryAfter !== undefined) headers['retry-after'] = reply.retryAfter;
  // What is left of a body over the limit is not read: the connection cannot be used again.
  if (reply.status === 413) headers.connection = 'close';
  response.writeHead(reply.status, headers);
  response.end(reply.body);
}
