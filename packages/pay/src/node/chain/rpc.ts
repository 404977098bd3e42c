/** JSON-RPC over one kept-alive connection pool: cheap, with a time-out on every call, and errors that say which kind. */
import { Agent, request as httpRequest } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';
import { RpcError } from './errors.ts';

/** A chain's node, asked by method. */
export interface Rpc {
  readonly url: string;
  /** The `result` of one call. @throws RpcError */
  call<T>(method: string, params?: readonly unknown[], options?: CallOptions): Promise<T>;
  /** Lets idle connections go. */
  close(): void;
}

/** How one call is made. */
export interface CallOptions {
  /** Milliseconds; the client's own when absent. */
  readonly timeoutMs?: number;
}

/** How a client is made. */
export interface RpcOptions {
  readonly timeoutMs?: number;
  readonly connections?: number;
}

const TIMEOUT_MS = 10_000;
const CONNECTIONS = 8;

/** A client of the node at `url`. Nothing is sent before the first call. */
export function rpcClient(url: string, options: RpcOptions = {}): Rpc {
  const tls = url.startsWith('https:');
  const settings = { keepAlive: true, maxSockets: options.connections ?? CONNECTIONS };
  const agent = tls ? new TlsAgent(settings) : new Agent(settings);
  let id = 0;
  return {
    url,
    call: async <T>(method: string, params: readonly unknown[] = [], call: CallOptions = {}): Promise<T> => {
      id += 1;
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      const timeoutMs = call.timeoutMs ?? options.timeoutMs ?? TIMEOUT_MS;
      const text = await post({ url, tls, agent, body, method, timeoutMs });
      return resultOf(text, method, url) as T;
    },
    close: () => agent.destroy(),
  };
}

interface Post {
  readonly url: string;
  readonly tls: boolean;
  readonly agent: Agent;
  readonly body: string;
  readonly method: string;
  readonly timeoutMs: number;
}

function post({ url, tls, agent, body, method, timeoutMs }: Post): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const sent = (tls ? httpsRequest : httpRequest)(url, { method: 'POST', agent, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', failed);
    response.on('aborted', () => failed(new Error('the connection was cut')));
  });
  const timer = setTimeout(() => {
    reject(new RpcError('timeout', { what: `${method} had no answer within ${timeoutMs} ms`, where: url }));
    sent.destroy();
  }, timeoutMs);
  function failed(cause: Error): void {
    reject(new RpcError('unreachable', { what: `${method}: ${cause.message}`, where: url, cause }));
  }
  sent.on('error', failed);
  sent.end(body);
  return promise.finally(() => clearTimeout(timer));
}

function resultOf(text: string, method: string, url: string): unknown {
  let answer: { result?: unknown; error?: { code?: number; message?: string; data?: unknown } };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch (cause) {
    throw new RpcError('unreachable', { what: `${method}: the answer is not JSON`, where: url, cause });
  }
  const { error } = answer;
  if (error === undefined) return answer.result;
  const said = error.message ?? 'no message';
  throw new RpcError('answer', {
    what: `${method}: ${said}`,
    where: url,
    said,
    data: error.data,
    ...(error.code === undefined ? {} : { rpcCode: error.code }),
  });
}
