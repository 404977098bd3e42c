/** A storage node over HTTP (specs/storage-http.md): routes to the engine, one error shape, bodies read once. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { base64, concat, EncodingError, equal, fromHex, hex, sha256 } from '@assay/core';
import {
  decodeChallenge,
  decodeSeal,
  encodeAnswer,
  encodeHello,
  encodeShardReceipt,
  FormatError,
  MAX_PUT_BYTES,
  MAX_REQUEST_BYTES,
  NodeError,
  ReceiptError,
  requestSubject,
  type ShardReceipt,
  splitPut,
} from '@assay/storage';
import { BufferPool, type NodeEngine } from '@assay/storage/node';
import type { Gate } from './gate.ts';
import { bodyLength, readBody, readInto } from './read-body.ts';

export interface StorageServerOptions {
  readonly engine: NodeEngine;
  readonly gate: Gate;
  /** Errors that are not the client's. */
  readonly onFault: (error: unknown) => void;
}

interface Exchange extends StorageServerOptions {
  readonly request: IncomingMessage;
  readonly url: URL;
  /** Bytes of shards and pages given out since the start. */
  readonly shown: { bytes: number };
  /** For shards on their way to the disk. */
  readonly buffers: BufferPool;
  /** What the route's pattern captured. */
  readonly parts: readonly string[];
}

interface Reply {
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called when the system has the whole body. */
  readonly free?: () => void;
}

type Route = readonly [method: string, path: RegExp, handle: (exchange: Exchange) => Promise<Reply>];

const ROUTES: readonly Route[] = [
  ['PUT', /^\/v1\/shards\/([0-9a-f]{64})\/(\d{1,3})$/, putShard],
  ['POST', /^\/v1\/shards\/([0-9a-f]{64})\/(\d{1,3})\/renew$/, renewShard],
  ['GET', /^\/v1\/shards\/([0-9a-f]{64})\/(\d{1,3})$/, getLeaves],
  ['GET', /^\/v1\/pages\/([0-9a-f]{64})$/, getPage],
  ['POST', /^\/v1\/hello$/, hello],
  ['POST', /^\/v1\/challenge$/, challenge],
  ['POST', /^\/v1\/seal$/, seal],
  ['DELETE', /^\/v1\/blobs\/([0-9a-f]{64})$/, deleteBlob],
  ['GET', /^\/v1\/status$/, status],
];

/** The server, not yet listening. */
export function createStorageServer(options: StorageServerOptions): Server {
  const shared = { ...options, shown: { bytes: 0 }, buffers: new BufferPool() };
  return createServer((request, response) => {
    answer(request, shared).then(
      ({ body, headers, free }) => {
        // Only a whole answer frees it: until then the socket may still be reading the memory.
        if (free !== undefined) response.once('finish', free);
        send(response, 200, body, headers);
      },
      (error: unknown) => refuse(response, error, options),
    );
  });
}

async function answer(
  request: IncomingMessage,
  options: Omit<Exchange, 'request' | 'url' | 'parts'>,
): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://node');
  for (const [method, path, handle] of ROUTES) {
    const match = request.method === method ? path.exec(url.pathname) : null;
    if (match !== null) return handle({ ...options, request, url, parts: match.slice(1) });
  }
  throw new NodeError('not-found', { what: `there is nothing at ${request.method} ${url.pathname}` });
}

async function putShard({ engine, gate, buffers, request, url, parts }: Exchange): Promise<Reply> {
  const { id, index } = shardOf(parts);
  const allowed = gate.admit(request, 'put', requestSubject('shard', id, index));
  const body = buffers.take(bodyLength(request, MAX_PUT_BYTES));
  try {
    await readInto(request, body);
    const { header, shard } = splitPut(body);
    if (!equal(sha256(header), id))
      throw new NodeError('bad-request', { what: 'the pack header is not that of the path' });
    const put = {
      header: Uint8Array.from(header),
      index,
      body: shard,
      session: sessionOf(url),
      ...epochOf(url),
    };
    return await taken(() => engine.putShard(put), allowed.take(shard.length));
  } finally {
    buffers.give(body);
  }
}

/** The receipt; a shard that is not taken costs its capability nothing. */
async function taken(put: () => Promise<ShardReceipt>, giveBack: () => void): Promise<Reply> {
  try {
    return { body: encodeShardReceipt(await put()) };
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function renewShard({ engine, gate, request, url, parts }: Exchange): Promise<Reply> {
  const { id, index } = shardOf(parts);
  gate.admit(request, 'put', requestSubject('shard', id, index));
  return {
    body: encodeShardReceipt(
      await engine.renewShard(id, { index, session: sessionOf(url), ...epochOf(url) }),
    ),
  };
}

async function getLeaves({ engine, gate, request, url, shown, parts }: Exchange): Promise<Reply> {
  const { id, index } = shardOf(parts);
  gate.admit(request, 'get', requestSubject('shard', id, index));
  const range = {
    from: Number(url.searchParams.get('from') ?? NaN),
    to: Number(url.searchParams.get('to') ?? NaN),
  };
  const { bytes, proof, free } = await engine.getLeaves(id, { index, range });
  shown.bytes += bytes.length;
  const headers = { 'assay-proof': base64(concat(...proof)) };
  return { body: bytes, headers, ...(free === undefined ? {} : { free }) };
}

async function getPage({ engine, gate, request, shown, parts: [digest] }: Exchange): Promise<Reply> {
  const id = fromHex(digest as string);
  gate.admit(request, 'get', requestSubject('page', id));
  const body = await engine.getPage(id);
  shown.bytes += body.length;
  return { body };
}

async function hello({ engine, request }: Exchange): Promise<Reply> {
  const nonce = await readBody(request, 32);
  if (nonce.length !== 32) throw new NodeError('bad-request', { what: 'a greeting is 32 random bytes' });
  return { body: encodeHello(engine.hello(nonce)) };
}

async function challenge({ engine, gate, request }: Exchange): Promise<Reply> {
  const asked = decodeChallenge(await readBody(request, MAX_REQUEST_BYTES));
  gate.admit(request, 'get', requestSubject('challenge', asked.seed));
  if (!equal(asked.nodeId, engine.id))
    throw new NodeError('bad-request', { what: 'the challenge is for another node' });
  return { body: encodeAnswer(await engine.challenge(asked)) };
}

async function seal({ engine, gate, request, url }: Exchange): Promise<Reply> {
  const asked = decodeSeal(await readBody(request, MAX_REQUEST_BYTES));
  const { tenant } = gate.admit(request, 'seal', requestSubject('seal', asked.facts.blobId));
  const session = url.searchParams.has('session') ? { session: sessionOf(url) } : {};
  const hold = url.searchParams.get('hold') !== 'no';
  return { body: await engine.seal({ ...asked, ...session, ...epochOf(url), hold }, tenant) };
}

async function deleteBlob({ engine, gate, request, parts: [blob] }: Exchange): Promise<Reply> {
  const id = fromHex(blob as string);
  const { tenant } = gate.admit(request, 'delete', requestSubject('blob', id));
  if (tenant === undefined)
    throw new NodeError('unauthorised', {
      what: 'a node that is open to everybody deletes at nobody’s word',
    });
  const value = await engine.deleteBlob(id, tenant);
  return { body: Buffer.from(JSON.stringify(value)), headers: { 'content-type': 'application/json' } };
}

async function status({ engine, shown }: Exchange): Promise<Reply> {
  const value = {
    node: `ed25519:${hex(engine.id)}`,
    durability: engine.durability,
    ...engine.usage,
    shown: shown.bytes,
  };
  return { body: Buffer.from(JSON.stringify(value)), headers: { 'content-type': 'application/json' } };
}

function shardOf([id, index]: readonly string[]): { id: Uint8Array; index: number } {
  return { id: fromHex(id as string), index: Number(index) };
}

function sessionOf(url: URL): string {
  const session = url.searchParams.get('session') ?? '';
  if (!/^[0-9a-z]{1,64}$/.test(session))
    throw new NodeError('bad-request', { what: 'an upload names its session' });
  return session;
}

/** The epoch for which a client asks a signature, if it names one. */
function epochOf(url: URL): { readonly epoch?: number } {
  const text = url.searchParams.get('epoch');
  if (text === null) return {};
  const epoch = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(epoch))
    throw new NodeError('bad-request', { what: 'an epoch is a number' });
  return { epoch };
}

const STATUS: Readonly<Record<NodeError['code'], number>> = {
  'bad-request': 400,
  unauthorised: 403,
  'not-found': 404,
  corrupt: 410,
  'bad-shard': 422,
  stopped: 503,
  unreachable: 503,
  'disk-full': 507,
  quota: 507,
};

function refuse(response: ServerResponse, error: unknown, { onFault }: StorageServerOptions): void {
  const named = asNodeError(error);
  if (named === undefined) onFault(error);
  const told = named ?? new NodeError('stopped', { what: 'the node failed; its log says why' });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  send(response, STATUS[told.code], Buffer.from(JSON.stringify(told.toJSON())), headers);
}

/** What the client sent is the client's error; anything else is ours, and is not told to strangers. */
function asNodeError(error: unknown): NodeError | undefined {
  if (error instanceof NodeError) return error;
  const theirs =
    error instanceof FormatError || error instanceof ReceiptError || error instanceof EncodingError;
  return theirs ? new NodeError('bad-request', { what: (error as Error).message, cause: error }) : undefined;
}

function send(
  response: ServerResponse,
  code: number,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed) return;
  response.writeHead(code, {
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    ...headers,
  });
  response.end(body);
}
