/** One gateway over HTTP: sends, reads the body, and tells a gateway that is away from one that says no. */
import { errorSentence } from './oip.ts';
import { SdkError } from './errors.ts';

/** The part of `fetch` that is used here. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** An answer, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A request, without its URL. */
export interface Call {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
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

const TIMEOUT_MS = 60_000;

/** A gateway. */
export class Gateway {
  readonly url: string;
  readonly #fetch: Fetch;

  constructor(url: string, fetch: Fetch) {
    this.url = url.replace(/\/+$/, '');
    this.#fetch = fetch;
  }

  /** Sends a request. Any status below 500 but 429 is an answer. @throws GatewayAway */
  async call(path: string, call: Call = {}): Promise<Reply> {
    const { method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = call;
    let reply: Reply;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const init = { method, headers, signal, ...(body === undefined ? {} : { body }) };
      const response = await this.#fetch(this.url + path, init);
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
