/** An inference node over HTTP. */
import { AssayError, type Clock } from '@assay/core';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { erasedFields } from '../erasure/index.ts';
import { AUTHORIZATION } from '../participant/index.ts';
import { BodyError, type NodeBindings, readBody } from '../serving/index.ts';
import { chunkPath } from '../swarm/index.ts';
import type { Callers } from './callers.ts';
import { erasedError, NodeError } from './node-error.ts';
import type { NodeState } from './node-state.ts';
import { payloadFrame } from './payload.ts';
import { clientOf, type Kept } from './kept-answer.ts';
import {
  decodeExecuteRequest,
  encodeExecuteResponse,
  EXECUTE_PATH,
  type ExecuteRequest,
  type ExecuteResponse,
  FRAME_TYPE,
} from './wire/index.ts';

/** What the application is a surface of. */
export interface NodeService {
  readonly keyId: string;
  readonly callers: Callers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxBodyBytes: number;
  /** @throws NodeError */
  execute(request: ExecuteRequest, gateway: string): Promise<ExecuteResponse>;
  kept(receiptId: string): Kept | undefined;
  /** @throws NodeError `unknown-chunk` when the log names no such blob */
  publishedBlob(blob: string): Promise<void>;
  /** @throws NodeError `unknown-chunk` | `not-here` */
  chunk(blob: string, chunk: string): Promise<Uint8Array>;
  state(): NodeState;
}

/** The application. */
export function createNodeApp(node: NodeService): Hono<NodeBindings> {
  const app = new Hono<NodeBindings>();

  app.post(EXECUTE_PATH, async (c) => {
    const signed = { method: 'POST', path: EXECUTE_PATH, recipient: node.keyId };
    const gateway = await node.callers.gateway(c.req.header(AUTHORIZATION), signed);
    const request = decodeExecuteRequest(await readBody(c, node.maxBodyBytes));
    const answer = encodeExecuteResponse(await node.execute(request, gateway));
    // Straight into the raw response: a Response object costs more than the rest of the way out.
    const { outgoing } = c.env;
    outgoing.writeHead(200, { 'content-type': FRAME_TYPE, 'content-length': answer.length });
    outgoing.end(answer);
    return RESPONSE_ALREADY_SENT;
  });

  app.get('/assay/v1/payloads/:receipt', (c) => {
    const receipt = c.req.param('receipt');
    const signed = { method: 'GET', path: `/assay/v1/payloads/${receipt}`, recipient: node.keyId };
    const kept = node.kept(receipt);
    // Who may not read it does not learn whether it is here.
    node.callers.reader(c.req.header(AUTHORIZATION), signed, clientOf(kept) ?? '');
    if (kept === undefined) {
      throw new NodeError('unknown-payload', { what: `no payload of receipt ${receipt} is kept here` });
    }
    const erased = erasedFields(kept.salts);
    if (erased.length > 0) throw erasedError(receipt, erased);
    return c.body(payloadFrame(kept) as Uint8Array<ArrayBuffer>, 200, { 'content-type': FRAME_TYPE });
  });

  app.get('/assay/v1/chunks/:blob{[0-9a-f]{64}}/:chunk{[0-9a-f]{64}}', async (c) => {
    const { blob, chunk } = c.req.param();
    const signed = { method: 'GET', path: chunkPath(blob, chunk), recipient: node.keyId };
    await node.callers.node(c.req.header(AUTHORIZATION), signed);
    await node.publishedBlob(blob);
    const { outgoing } = c.env;
    // Said at once: who asks can tell a node that fetches from one that is gone.
    outgoing.writeHead(200, { 'content-type': 'application/octet-stream' }).flushHeaders();
    try {
      outgoing.end(await node.chunk(blob, chunk));
    } catch (error) {
      outgoing.destroy();
      node.log.warn({ err: error, blob, chunk }, 'a chunk could not be given');
    }
    return RESPONSE_ALREADY_SENT;
  });

  app.get('/health', (c) => {
    const state = node.state();
    return c.json({ ready: state.ready, name: state.name }, state.ready ? 200 : 503);
  });
  app.get('/assay/v1/state', (c) => c.json(node.state()));

  app.onError((error, c) => {
    const known = asNodeError(error);
    if (known === undefined) {
      node.log.error({ err: error, path: c.req.path }, 'unexpected failure');
      return c.json(
        { error: 'NodeError', code: 'execution', what: 'the node failed; its log says why' },
        500,
      );
    }
    const headers = known.status === 503 ? { 'retry-after': '1' } : {};
    return c.json({ ...known.toJSON(), elsewhere: known.elsewhere }, known.status, headers);
  });
  return app;
}

/** Everything that a request can get wrong is one error family to the caller; anything else is ours. */
function asNodeError(error: unknown): NodeError | undefined {
  if (error instanceof NodeError) return error;
  if (!(error instanceof AssayError) || !REQUEST_ERRORS.has(error.name)) return undefined;
  const code = error instanceof BodyError && error.code === 'too-large' ? 'too-large' : 'request';
  return new NodeError(code, {
    what: error.what,
    cause: error,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.fix === undefined ? {} : { fix: error.fix }),
  });
}

/** Families that only what came in can cause. */
const REQUEST_ERRORS: ReadonlySet<string> = new Set([
  'BodyError',
  'FrameError',
  'TensorError',
  'EncodingError',
]);
