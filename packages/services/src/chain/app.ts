/** The embedded chain over JSON-RPC: reads go to anvil, transactions are kept first, everything else is refused. */
import { checkSigned, type EmbeddedChain, RpcError } from '@assay/pay/node';
import { Hono } from 'hono';
import { BodyError, type NodeBindings, readBody } from '../serving/index.ts';
import { paramsFor, treatmentOf } from './methods.ts';

const MAX_BODY_BYTES = 8 * 2 ** 20;
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
const INTERNAL = -32_603;

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** The application; its root is the JSON-RPC endpoint, `/health` says that it answers. */
export function createChainApp(chain: EmbeddedChain): Hono<NodeBindings> {
  const app = new Hono<NodeBindings>();
  app.get('/health', (c) => c.json({ ready: true }));
  app.post('/', async (c) => {
    let body: unknown;
    try {
      body = JSON.parse(new TextDecoder().decode(await readBody(c, MAX_BODY_BYTES)));
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof BodyError)) throw error;
      return c.json(failure(null, PARSE_ERROR, error.message));
    }
    if (!Array.isArray(body)) return c.json(await answer(chain, body));
    return c.json(await Promise.all(body.map((each: unknown) => answer(chain, each))));
  });
  return app;
}

async function answer(chain: EmbeddedChain, request: unknown): Promise<object> {
  const call = callOf(request);
  if (call === undefined) return failure(null, INVALID_REQUEST, 'expected a JSON-RPC request');
  try {
    return { jsonrpc: '2.0', id: call.id, result: await resultOf(chain, call) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return failure(call.id, error.rpcCode ?? INTERNAL, error.said, error.data);
  }
}

async function resultOf(chain: EmbeddedChain, { method, params }: Call): Promise<unknown> {
  const treatment = treatmentOf(method);
  if (treatment === 'read') return chain.rpc.call(method, paramsFor(method, params));
  if (treatment === 'none') {
    const said = `${method} is not answered here: only signed transactions change this chain`;
    throw new RpcError('answer', { what: said, said, rpcCode: METHOD_NOT_FOUND });
  }
  const raw = String(params[0]);
  const hash = await checkSigned(chain.rpc, raw);
  const receipt = await chain.send(raw);
  return method === 'eth_sendRawTransaction' ? hash : receipt;
}

function callOf(request: unknown): Call | undefined {
  if (typeof request !== 'object' || request === null) return undefined;
  const { id = null, method, params = [] } = request as Record<string, unknown>;
  return typeof method === 'string' && Array.isArray(params) ? { id, method, params } : undefined;
}

function failure(id: unknown, code: number, message: string, data?: unknown): object {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}
