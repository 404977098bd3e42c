/** Reading a log over HTTP: the standard tlog-tiles paths, and a few questions that static files cannot answer. */
import type { Log } from '@assay/log/node';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ProofSource } from './proof-source.ts';
import type { Publisher } from './publisher.ts';
import { LogServerError } from './server-error.ts';
import { refusalFor } from './status.ts';
import { waitOf } from './wait.ts';

export interface AppDeps {
  readonly log: Log;
  readonly publisher: Publisher;
  readonly proofs: ProofSource;
  /** Told of failures that are the server's own. */
  readonly onFailure: (error: unknown) => void;
}

const TEXT = 'text/plain; charset=utf-8';
const BYTES = 'application/octet-stream';
/** A tile or bundle of one width never changes (tlog-tiles, "Merkle Tree"). */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The application; the log's prefix is its root. */
export function createLogApp({ log, publisher, proofs, onFailure }: AppDeps): Hono {
  const app = new Hono();

  app.get('/checkpoint', (c) => {
    const note = log.published;
    if (note === undefined) throw notFound('nothing has been published yet');
    return send(c, note, TEXT, 'no-cache');
  });

  app.get('/newest-checkpoint', (c) => send(c, log.newest.note, TEXT, 'no-cache'));

  app.get('/tile/*', async (c) => {
    const file = await log.tileFile(c.req.path.slice(1));
    const from = rangeStart(c.req.header('range'), file.length);
    if (from === undefined) return send(c, file, BYTES, IMMUTABLE);
    return sendTail(c, file, from);
  });

  app.get('/proof/:index', async (c) => {
    const index = naturalNumber(c.req.param('index'));
    const wait = waitOf(c.req.query('wait')) ?? 'sequenced';
    return send(c, await proofs.proof(index, wait), TEXT, 'no-cache');
  });

  app.get('/index-of/:id', (c) => {
    const id = c.req.param('id');
    const index = /^[0-9a-f]{64}$/.test(id) ? log.indexOf(id) : undefined;
    if (index === undefined) throw notFound(`no record ${id.slice(0, 80)}`);
    return c.json({ index, id });
  });

  app.get('/status', (c) =>
    c.json({
      origin: log.origin,
      vkey: log.vkey,
      size: log.size,
      publishedSize: publisher.publishedSize,
      ...(log.failure === undefined ? {} : { failure: log.failure.toJSON() }),
    }),
  );

  app.notFound((c) => refuse(c, notFound(`nothing is served at ${c.req.path.slice(0, 80)}`)));
  app.onError((error, c) => {
    const response = refuse(c, error);
    if (response.status === 500) onFailure(error);
    return response;
  });
  return app;
}

function send(c: Context, bytes: Uint8Array, type: string, cache: string): Response {
  const headers = { 'Content-Type': type, 'Cache-Control': cache, 'Access-Control-Allow-Origin': '*' };
  return c.body(Uint8Array.from(bytes), 200, headers);
}

/** First byte of a `bytes=N-` range that lies in the file; any other form is answered with the whole (RFC 9110 §14.2). */
function rangeStart(range: string | undefined, length: number): number | undefined {
  const from = Number(/^bytes=([0-9]{1,9})-$/.exec(range ?? '')?.[1] ?? Number.NaN);
  return from < length ? from : undefined;
}

/** The rest of a file: a follower that has read the beginning of a growing bundle needs no more. */
function sendTail(c: Context, file: Uint8Array, from: number): Response {
  return c.body(file.slice(from), 206, {
    'Content-Type': BYTES,
    'Content-Range': `bytes ${from}-${file.length - 1}/${file.length}`,
    'Cache-Control': IMMUTABLE,
    'Access-Control-Allow-Origin': '*',
  });
}

function refuse(c: Context, error: unknown): Response {
  const { status, body, retryAfter } = refusalFor(error);
  const headers = {
    'Content-Type': 'application/json',
    'Access-Control-Allow-Origin': '*',
    ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
  };
  return c.body(body, status as ContentfulStatusCode, headers);
}

function naturalNumber(text: string): number {
  if (/^(0|[1-9][0-9]{0,15})$/.test(text)) return Number(text);
  throw new LogServerError('request', { what: `"${text.slice(0, 40)}" is not a log index` });
}

const notFound = (what: string): LogServerError => new LogServerError('not-found', { what });
