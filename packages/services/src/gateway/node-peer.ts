/** One inference node as the gateway sees it: its connections, how busy it is, how well it has done. */
import { fromUtf8, type Clock, type Signer, unixSeconds } from '@assay/core';
import { Pool } from 'undici';
import { AUTHORIZATION, signRequest } from '../participant/index.ts';
import {
  decodeExecuteResponse,
  EXECUTE_PATH,
  FRAME_TYPE,
  type ReadResponse,
} from '../inference-node/wire/index.ts';
import { Breaker } from './breaker.ts';

/** How a try on one node ended without an answer. */
export type TryFailure =
  /** It failed, timed out or answered nonsense: it counts against the node, and another is asked. */
  | { readonly kind: 'failed'; readonly what: string }
  /** It cannot now, for a reason of its own; another may. */
  | { readonly kind: 'elsewhere'; readonly what: string }
  /** No node would take this request. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly what: string;
      readonly fix: string | undefined;
    };

/** How a try ended. */
export type TryResult =
  | { readonly kind: 'answered'; readonly answer: ReadResponse; readonly body: Uint8Array }
  | TryFailure;

/** What a peer is made of. */
export interface PeerOptions {
  readonly keyId: string;
  readonly endpoint: string;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly connections: number;
}

/** A node. */
export class NodePeer {
  readonly keyId: string;
  readonly endpoint: string;
  readonly breaker: Breaker;
  readonly #signer: Signer;
  readonly #clock: Clock;
  readonly #pool: Pool;
  #inFlight = 0;
  #header = { second: -1, value: '' };

  constructor({ keyId, endpoint, signer, clock, connections }: PeerOptions) {
    this.keyId = keyId;
    this.endpoint = endpoint;
    this.breaker = new Breaker(clock);
    this.#signer = signer;
    this.#clock = clock;
    this.#pool = new Pool(new URL(endpoint).origin, { connections, pipelining: 1 });
  }

  /** Requests that it has not answered yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Sends an execute request. Never throws: how it ended is the result. */
  async execute(body: Uint8Array, timeoutMs: number): Promise<TryResult> {
    this.#inFlight += 1;
    try {
      const { statusCode, body: reply } = await this.#pool.request({
        method: 'POST',
        path: EXECUTE_PATH,
        headers: { 'content-type': FRAME_TYPE, [AUTHORIZATION]: this.#authorization() },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const bytes = await reply.bytes();
      if (statusCode !== 200) return refusal(statusCode, bytes);
      return { kind: 'answered', answer: decodeExecuteResponse(bytes), body: bytes };
    } catch (error) {
      return { kind: 'failed', what: describe(error, timeoutMs) };
    } finally {
      this.#inFlight -= 1;
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** One signature a second serves every request of that second: it binds us, the node and the time. */
  #authorization(): string {
    const second = unixSeconds(this.#clock);
    if (this.#header.second !== second) {
      const request = { method: 'POST', path: EXECUTE_PATH, recipient: this.keyId };
      this.#header = { second, value: signRequest(request, this.#signer, this.#clock) };
    }
    return this.#header.value;
  }
}

function refusal(status: number, bytes: Uint8Array): TryFailure {
  const { what, fix, elsewhere } = parseError(bytes);
  if (elsewhere === false) return { kind: 'refused', status, what, fix };
  // Whoever says what is wrong with itself is not broken.
  return status === 503 || elsewhere === true
    ? { kind: 'elsewhere', what }
    : { kind: 'failed', what: `HTTP ${status}: ${what}` };
}

interface NodeErrorBody {
  readonly what: string;
  readonly fix: string | undefined;
  readonly elsewhere: boolean | undefined;
}

function parseError(bytes: Uint8Array): NodeErrorBody {
  try {
    const { what, fix, elsewhere } = JSON.parse(fromUtf8(bytes)) as Record<string, unknown>;
    return {
      what: typeof what === 'string' ? what : 'no reason given',
      fix: typeof fix === 'string' ? fix : undefined,
      elsewhere: typeof elsewhere === 'boolean' ? elsewhere : undefined,
    };
  } catch {
    // What is not JSON says nothing about the request; it counts as a failure of the node.
    return { what: `${bytes.length} bytes that are no error of ours`, fix: undefined, elsewhere: undefined };
  }
}

function describe(error: unknown, timeoutMs: number): string {
  const { name, message } = error as Error;
  return name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : message;
}
