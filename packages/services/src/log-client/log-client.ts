/** A log over HTTP: static reads under the tlog-tiles paths, appends and proofs under the log server's own. */
import { AssayError, type ErrorDetail, parseJsonText } from '@assay/core';
import { bundlePath, decodeBundle, encodeBundle, TILE_WIDTH } from '@assay/log';
import { Agent, type Dispatcher, interceptors } from 'undici';

/** A log that did not answer, or answered with an error. */
export class LogClientError extends AssayError<'unreachable' | 'refused' | 'not-found' | 'malformed'> {
  /** HTTP status of an answer; undefined when there was none. */
  readonly status: number | undefined;

  constructor(code: LogClientError['code'], detail: ErrorDetail, status?: number) {
    super(code, detail);
    this.status = status;
  }

  /** Malformed, too large, or not a statement: the same bytes get the same answer tomorrow. */
  get isFinal(): boolean {
    return this.status === 400 || this.status === 413 || this.status === 422;
  }
}

/** How long an append may take to be answered. */
export type Wait = 'sequenced' | 'witnessed';

/** Where an appended entry came to stand. */
export interface Appended {
  readonly index: number;
  readonly id: string;
  /** The entry was there before; this is where. */
  readonly duplicate?: boolean;
}

/** What a request is beside its URL. */
interface Asked {
  readonly method: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

type Answer = Dispatcher.ResponseData;

// Not fetch: with its web streams a poll of the log costs several times the CPU. Connections are shared by all clients.
const MAX_REDIRECTIONS = 5;
const agent = new Agent().compose(interceptors.redirect({ maxRedirections: MAX_REDIRECTIONS }));

/** One log server. */
export class LogClient {
  readonly url: string;
  readonly #timeoutMs: number;
  /** How far the newest bundle was read: entries, and their bytes. */
  #read = { index: -1, count: 0, bytes: 0 };

  /** @param url prefix of the log, without a slash at the end */
  constructor(url: string, timeoutMs = 10_000) {
    this.url = url.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
  }

  /** The published checkpoint, which meets the log's witness policy. */
  checkpoint(): Promise<Uint8Array> {
    return this.#get('checkpoint');
  }

  /**
   * The newest checkpoint that the log itself signed; witnesses may not have seen it. A copy on a static server has the
   * published one only, and that is its newest.
   */
  async newestCheckpoint(): Promise<Uint8Array> {
    return (await this.#find('newest-checkpoint')) ?? this.checkpoint();
  }

  /** Any file below the log's prefix, such as a tile. */
  file(path: string): Promise<Uint8Array> {
    return this.#get(path);
  }

  /** The entries from `from` up to `to` (exclusive), one bundle at a time. */
  async *entries(from: number, to: number): AsyncGenerator<Uint8Array[]> {
    for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
      const width = Math.min(TILE_WIDTH, to - index * TILE_WIDTH);
      yield await this.#bundleFrom(index, Math.max(0, from - index * TILE_WIDTH), width);
    }
  }

  /** Appends one entry. Safe to repeat: the log knows an entry that it has. */
  async append(entry: Uint8Array, wait: Wait = 'sequenced'): Promise<Appended> {
    return (await this.#post(`append?wait=${wait}`, entry)) as Appended;
  }

  /** Appends entries in order. Safe to repeat. */
  async appendBatch(entries: readonly Uint8Array[]): Promise<readonly Appended[]> {
    const reply = (await this.#post('append-batch', encodeBundle(entries))) as {
      results: readonly Appended[];
    };
    return reply.results;
  }

  /** The `.tlog-proof` of an index. */
  proof(index: number, wait: Wait = 'witnessed'): Promise<Uint8Array> {
    return this.#get(`proof/${index}?wait=${wait}`);
  }

  /**
   * The entries of a bundle from number `skip` up to `width`. A bundle only grows, so a follower that has read its
   * beginning asks for the rest by a range of bytes; a server without ranges sends the whole, which is right too.
   */
  async #bundleFrom(index: number, skip: number, width: number): Promise<Uint8Array[]> {
    const { index: readIndex, count, bytes } = this.#read;
    const rest =
      skip > 0 && readIndex === index && count === skip
        ? await this.#tail(bundlePath({ index, width }), bytes)
        : undefined;
    if (rest !== undefined) {
      const entries = decodeBundle(rest, width - skip);
      this.#read = { index, count: width, bytes: bytes + rest.length };
      return entries;
    }
    const whole = await this.#bundle(index, width);
    const entries = decodeBundle(whole, width);
    this.#read = { index, count: width, bytes: whole.length };
    return entries.slice(skip);
  }

  /** The bytes of a file from `offset` on, also when the server sends all of it; undefined when it has no such file. */
  async #tail(path: string, offset: number): Promise<Uint8Array | undefined> {
    const response = await this.#answer(`${this.url}/${path}`, {
      method: 'GET',
      headers: { range: `bytes=${offset}-` },
    });
    const body = await response.body.bytes();
    if (response.statusCode === 206) return body;
    return response.statusCode === 200 ? body.subarray(offset) : undefined;
  }

  /** A partial bundle is gone once the full one exists, so a reader that comes late asks for that. */
  async #bundle(index: number, width: number): Promise<Uint8Array> {
    if (width === TILE_WIDTH) return this.#get(bundlePath({ index, width }));
    const partial = await this.#find(bundlePath({ index, width }));
    return partial ?? cut(await this.#get(bundlePath({ index, width: TILE_WIDTH })), width);
  }

  /** Undefined for what is not there. */
  async #find(path: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#get(path);
    } catch (error) {
      if (error instanceof LogClientError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async #get(path: string): Promise<Uint8Array> {
    return (await this.#ask(path, { method: 'GET' })).body.bytes();
  }

  async #post(path: string, body: Uint8Array): Promise<unknown> {
    return (await this.#ask(path, { method: 'POST', body })).body.json();
  }

  async #ask(path: string, asked: Asked): Promise<Answer> {
    const where = `${this.url}/${path}`;
    const answer = await this.#answer(where, asked);
    const { statusCode: status } = answer;
    if (status >= 200 && status < 300) return answer;
    const code = status === 404 ? 'not-found' : 'refused';
    const what = `the log answered ${status}: ${reasonIn(await answer.body.text())}`;
    throw new LogClientError(code, { what, where }, status);
  }

  async #answer(where: string, asked: Asked, isRepeat = false): Promise<Answer> {
    try {
      const { origin, pathname, search } = new URL(where);
      const signal = AbortSignal.timeout(this.#timeoutMs);
      return await agent.request({ ...asked, origin, path: `${pathname}${search}`, signal });
    } catch (cause) {
      // Everything that is asked here may be asked twice, so a connection that was gone is no reason to give up.
      if (!isRepeat && isClosedConnection(cause)) return this.#answer(where, asked, true);
      throw new LogClientError('unreachable', { what: 'the log did not answer', where, cause });
    }
  }
}

/** Whether the other side closed a connection under a request, which happens to one that was idle for a while. */
function isClosedConnection(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET';
}

/** What the server says in its own error shape; the body as it is when that is another. */
function reasonIn(body: string): string {
  try {
    const { what } = parseJsonText(body) as { readonly what?: unknown };
    if (typeof what === 'string') return what.slice(0, 500);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
  }
  return body.slice(0, 500);
}

function cut(bundle: Uint8Array, width: number): Uint8Array {
  return encodeBundle(decodeBundle(bundle, TILE_WIDTH).slice(0, width));
}
