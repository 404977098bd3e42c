/** A storage node at a URL, as the client sees it: keep-alive requests that report every byte that moves. */
import { Readable } from 'node:stream';
import { base64, fromBase64, hex, sha256 } from '@assay/core';
import { Agent, type Dispatcher, request } from 'undici';
import { encodeProof, type Operation, type RequestProof } from '../capability.ts';
import { answerLimit, type Challenge, type ChallengeAnswer } from '../challenge.ts';
import type {
  CallOptions,
  PutShard,
  RenewAt,
  SealRequest,
  ShardLeaves,
  StorageNode,
} from '../client/ports.ts';
import { FormatError, NodeError } from '../errors.ts';
import { MAX_SHARD_BYTES } from '../format/pack.ts';
import type { LeafRange } from '../merkle.ts';
import type { Hello } from '../node-facts.ts';
import type { ShardReceipt } from '../receipt.ts';
import {
  decodeAnswer,
  decodeHello,
  encodeChallenge,
  encodeSeal,
  putPrefix,
  requestSubject,
} from '../wire.ts';
import type { Deleted } from './engine/delete-blob.ts';
import { collect } from './collect-answer.ts';
import { wellFormed, wellFormedReceipt } from './well-formed.ts';

export interface HttpNodeOptions {
  readonly url: string;
  /** Raw Ed25519 key the node must sign with. */
  readonly id: Uint8Array;
  /** Proves each request; leave out for a node that is open to everybody. */
  readonly prove?: (facts: { node: Uint8Array; operation: Operation; subject: Uint8Array }) => RequestProof;
}

/** Bodies go out in slices of this, so that progress and stalls are seen within a shard. */
const SLICE_BYTES = 262_144;
const SMALL_BYTES = 65_536;
const MAX_HELLO_BYTES = 4 * 1_048_576;

interface Call {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly body?: readonly Uint8Array[];
  readonly authority?: { readonly operation: Operation; readonly subject: Uint8Array };
  /** Most bytes the answer may have. */
  readonly limit: number;
}

interface Answer {
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** All nodes are asked the same: its certificates, some 3 KB a pack, are encoded once and not once for each. */
const sealBodies = new WeakMap<SealRequest, Uint8Array>();

function sealBody(seal: SealRequest): Uint8Array {
  const body = sealBodies.get(seal) ?? encodeSeal(seal);
  sealBodies.set(seal, body);
  return body;
}

/** Makes a client of one node; dispose of it to close its connections. */
export function httpNode(options: HttpNodeOptions): HttpNode {
  return new HttpNode(options);
}

export class HttpNode implements StorageNode, AsyncDisposable {
  readonly id: Uint8Array;
  readonly #options: HttpNodeOptions;
  // The lane decides what is a stall: undici's own timeouts would only hide it.
  readonly #agent = new Agent({
    connections: 32,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 5_000 },
  });

  constructor(options: HttpNodeOptions) {
    this.#options = options;
    this.id = options.id;
  }

  async putShard(
    { header, index, body, session, epoch }: PutShard,
    options?: CallOptions,
  ): Promise<ShardReceipt> {
    const id = sha256(header);
    const call = {
      method: 'PUT',
      path: `/v1/shards/${hex(id)}/${index}?session=${session}${epochQuery(epoch)}`,
      limit: SMALL_BYTES,
    } as const;
    const authority = { operation: 'put', subject: requestSubject('shard', id, index) } as const;
    const { bytes } = await this.#call({ ...call, body: [putPrefix(header), body], authority }, options);
    return wellFormedReceipt(bytes);
  }

  async renewShard(packId: Uint8Array, at: RenewAt, options?: CallOptions): Promise<ShardReceipt> {
    const { index, session, epoch } = at;
    const path = `/v1/shards/${hex(packId)}/${index}/renew?session=${session}${epochQuery(epoch)}`;
    const authority = { operation: 'put', subject: requestSubject('shard', packId, index) } as const;
    const { bytes } = await this.#call({ method: 'POST', path, authority, limit: SMALL_BYTES }, options);
    return wellFormedReceipt(bytes);
  }

  async getLeaves(
    packId: Uint8Array,
    at: { index: number; range: LeafRange },
    options?: CallOptions,
  ): Promise<ShardLeaves> {
    const { index, range } = at;
    const path = `/v1/shards/${hex(packId)}/${index}?from=${range.from}&to=${range.to}`;
    const authority = { operation: 'get', subject: requestSubject('shard', packId, index) } as const;
    const { bytes, headers } = await this.#call(
      { method: 'GET', path, authority, limit: MAX_SHARD_BYTES },
      options,
    );
    const proof = wellFormed(() => fromBase64(String(headers['assay-proof'] ?? '')));
    const hashes = Array.from({ length: proof.length / 32 }, (_, i) => proof.subarray(i * 32, (i + 1) * 32));
    return { bytes, proof: hashes };
  }

  async getPage(digest: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    const authority = { operation: 'get', subject: requestSubject('page', digest) } as const;
    const path = `/v1/pages/${hex(digest)}`;
    return (await this.#call({ method: 'GET', path, authority, limit: MAX_SHARD_BYTES }, options)).bytes;
  }

  async hello(nonce: Uint8Array, options?: CallOptions): Promise<Hello> {
    const call = { method: 'POST', path: '/v1/hello', body: [nonce], limit: MAX_HELLO_BYTES } as const;
    const { bytes } = await this.#call(call, options);
    return wellFormed(() => decodeHello(bytes));
  }

  async challenge(challenge: Challenge, options?: CallOptions): Promise<ChallengeAnswer> {
    const authority = { operation: 'get', subject: requestSubject('challenge', challenge.seed) } as const;
    const call = {
      method: 'POST',
      path: '/v1/challenge',
      body: [encodeChallenge(challenge)],
      authority,
    } as const;
    const { bytes } = await this.#call({ ...call, limit: answerLimit(challenge) }, options);
    return wellFormed(() => decodeAnswer(bytes));
  }

  async seal(seal: SealRequest, options?: CallOptions): Promise<Uint8Array> {
    const authority = { operation: 'seal', subject: requestSubject('seal', seal.facts.blobId) } as const;
    const call = {
      method: 'POST',
      path: `/v1/seal?${sealQuery(seal)}`,
      body: [sealBody(seal)],
      authority,
      limit: SMALL_BYTES,
    } as const;
    return (await this.#call(call, options)).bytes;
  }

  /** Deletes what the asker's tenant had sealed. @throws NodeError `unauthorised` | `not-found` | `bad-request` */
  async deleteBlob(blobId: Uint8Array, options?: CallOptions): Promise<Deleted> {
    const authority = { operation: 'delete', subject: requestSubject('blob', blobId) } as const;
    const call = {
      method: 'DELETE',
      path: `/v1/blobs/${hex(blobId)}`,
      authority,
      limit: SMALL_BYTES,
    } as const;
    const { bytes } = await this.#call(call, options);
    return wellFormed(() => deletedFrom(bytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }

  async #call(call: Call, options: CallOptions = {}): Promise<Answer> {
    const sent = call.body ?? [];
    const length = sent.reduce((sum, part) => sum + part.length, 0);
    try {
      const { statusCode, headers, body } = await request(`${this.#options.url}${call.path}`, {
        method: call.method,
        dispatcher: this.#agent,
        headers: {
          ...this.#authorization(call),
          ...(call.body === undefined ? {} : { 'content-length': String(length) }),
        },
        ...(call.body === undefined ? {} : { body: Readable.from(slices(sent, options.onBytes)) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const told = Number(headers['content-length'] ?? NaN);
      const bytes = await collect(body, { told, limit: call.limit, onBytes: options.onBytes });
      if (statusCode !== 200) throw refusal(statusCode, bytes);
      return { bytes, headers };
    } catch (cause) {
      if (cause instanceof NodeError) throw cause;
      throw new NodeError('unreachable', { what: `${this.#options.url} does not answer`, cause });
    }
  }

  #authorization({ authority }: Call): Record<string, string> {
    const { prove, id } = this.#options;
    if (prove === undefined || authority === undefined) return {};
    return { authorization: `Assay ${base64(encodeProof(prove({ node: id, ...authority })))}` };
  }
}

function sealQuery({ session, hold = true, epoch }: SealRequest): string {
  const named = [...(session === undefined ? [] : [`session=${session}`]), ...(hold ? [] : ['hold=no'])];
  return `${named.join('&')}${epochQuery(epoch)}`;
}

const epochQuery = (epoch: number | undefined): string => (epoch === undefined ? '' : `&epoch=${epoch}`);

/** The parts in slices; the next is asked for when the last one has left the process. */
async function* slices(
  parts: readonly Uint8Array[],
  onBytes: (() => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += SLICE_BYTES) {
      onBytes?.();
      yield part.subarray(at, at + SLICE_BYTES);
    }
  }
}

const CODES: ReadonlySet<string> = new Set<NodeError['code']>([
  'disk-full',
  'quota',
  'unauthorised',
  'bad-shard',
  'not-found',
  'corrupt',
  'bad-request',
  'stopped',
]);

/** The node's own error, as its body states it. */
function refusal(status: number, bytes: Uint8Array): NodeError {
  let value: { code?: unknown; what?: unknown } = {};
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof value;
  } catch (cause) {
    return new NodeError('unreachable', { what: `status ${status} without an explanation`, cause });
  }
  const code =
    typeof value.code === 'string' && CODES.has(value.code) ? (value.code as NodeError['code']) : undefined;
  const what = typeof value.what === 'string' ? value.what : `status ${status}`;
  // Whoever names no code of ours is no storage node: something stands between, and the node is out of reach.
  return new NodeError(code ?? 'unreachable', { what });
}

function deletedFrom(bytes: Uint8Array): Deleted {
  const { deleted, kept } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Deleted>;
  if (
    deleted !== undefined &&
    kept !== undefined &&
    Number.isSafeInteger(deleted) &&
    Number.isSafeInteger(kept)
  )
    return { deleted, kept };
  throw new FormatError('limit', { what: 'the node does not say what it deleted' });
}
