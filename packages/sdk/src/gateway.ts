/** One gateway over HTTP: sends, reads the body, and tells a gateway that is away from one that says no. */
import { errorSentence } from './oip.ts';
import { SdkError } from './errors.ts';

/** The part of `fetch` that is used here. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** A request as it is sent to a gateway. */
export interface Sent {
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** The part of a `Response` that is read of what a gateway answers. */
export interface Received {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Sends a request to a gateway; any `fetch` does. */
export type Send = (url: string, sent: Sent) => Promise<Received>;

/** An answer, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Received['headers'];
  readonly body: Uint8Array;
}

/** A request, without its URL. */
export interface Call {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly timeoutMs?: number;
}

/** No answer, or one that another gateway may better: a reason to ask again. */
export class GatewayAway extends Error {
  /** Whether nothing of the request can have been taken. */
  readonly status: number | undefined;

  constructor(what: string, status?: number, cause?: unknown) {
    super(what, { cause });
    this.status = status;
  }
}

/** What a platform says when nothing of a request went out. */
const NEVER_SENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Whether a gateway may have taken a request of which no answer came; browsers do not tell, so there it may. */
export function mayHaveTaken(error: unknown): boolean {
  if (!(error instanceof GatewayAway) || error.status !== undefined) return false;
  let cause: unknown = error.cause;
  for (; cause instanceof Error; cause = cause.cause)
    if (NEVER_SENT.has((cause as { code?: unknown }).code)) return false;
  return true;
}

const TIMEOUT_MS = 60_000;

/** A gateway. */
export class Gateway {
  readonly url: string;
  readonly #send: Send;

  constructor(url: string, send: Send) {
    this.url = url.replace(/\/+$/, '');
    this.#send = send;
  }

  /** Sends a request. Any status below 500 but 429 is an answer. @throws GatewayAway */
  async call(path: string, call: Call = {}): Promise<Reply> {
    const { method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = call;
    let reply: Reply;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const init = { method, headers, signal, ...(body === undefined ? {} : { body }) };
      const response = await this.#send(this.url + path, init);
      const bytes = new Uint8Array(await response.arrayBuffer());
      reply = { status: response.status, headers: response.headers, body: bytes };
    } catch (cause) {
      throw new GatewayAway(`${this.url} did not answer`, undefined, cause);
    }
    if (reply.status < 500 && reply.status !== 429) return reply;
    throw new GatewayAway(`${this.url} answered ${reply.status}: ${errorSentence(reply.body)}`, reply.status);
  }

  /** A JSON document. @throws GatewayAway; SdkError `refused` | `not-an-answer` */
  async json(path: string): Promise<unknown> {
    const reply = await this.call(path);
    if (reply.status !== 200) throw refused(this.url + path, reply);
    try {
      return JSON.parse(new TextDecoder().decode(reply.body)) as unknown;
    } catch (cause) {
      throw new SdkError('not-an-answer', {
        what: 'the answer is no JSON document',
        where: this.url + path,
        fix: 'Check that the URL is that of a gateway.',
        cause,
      });
    }
  }
}

/** A gateway's no, in its own words. */
export function refused(where: string, { status, body }: Reply): SdkError {
  return new SdkError('refused', {
    what: `the gateway answered ${status}: ${errorSentence(body)}`,
    where,
  });
}
