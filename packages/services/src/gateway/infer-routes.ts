/** POST /v2/models/{m}[/versions/{v}]/infer. */
import type { Context, Hono } from 'hono';
import { WaitError } from '../follow/index.ts';
import type { ReadResponse } from '../inference-node/wire/index.ts';
import { type NodeBindings, readBody } from '../serving/index.ts';
import { GatewayError } from './gateway-error.ts';
import { infer, type InferContext } from './infer.ts';
import { type AnswerParts, writeAnswer } from './infer-answer.ts';
import { findModel, findVersion } from './names.ts';
import { HEADER_LENGTH, type OipMessage, parseInferRequest } from './oip/index.ts';
import { proofWhen, type ProofSources } from './proofs.ts';
import { readParameters, type Wait } from './request-parameters.ts';

/** What inference routes need. */
export interface InferService {
  readonly infer: InferContext;
  readonly proofs: ProofSources;
  /** URL under which receipts are named. */
  readonly publicUrl: () => string;
  readonly maxInFlight: number;
  readonly maxBodyBytes: number;
  readonly waitTimeoutMs: number;
  /** Whether requests are taken. */
  readonly isReady: () => boolean;
}

/** Adds the routes. */
export function inferRoutes(app: Hono<NodeBindings>, service: InferService): void {
  let inFlight = 0;
  const handle = async (c: Context<NodeBindings>): Promise<Response> => {
    const body = await readBody(c, service.maxBodyBytes);
    assertRoom(service, inFlight);
    inFlight += 1;
    try {
      return await answerInference(c, body, service);
    } finally {
      inFlight -= 1;
    }
  };
  app.post('/v2/models/:model/infer', handle);
  app.post('/v2/models/:model/versions/:version/infer', handle);
}

async function answerInference(
  c: Context<NodeBindings>,
  body: Uint8Array,
  service: InferService,
): Promise<Response> {
  const request = parseInferRequest({ body, headerLength: c.req.header(HEADER_LENGTH) });
  const parameters = readParameters({
    parameters: request.parameters,
    clientHeader: c.req.header('assay-client'),
    waitQuery: c.req.query('wait'),
  });
  const { registry } = service.infer.view;
  const modelName = c.req.param('model') as string;
  const model = findModel(registry, modelName);
  const versionName = c.req.param('version');
  const pin = versionName === undefined ? undefined : findVersion(registry, model, versionName);
  const answer = await infer({ model, pin, request, parameters }, service.infer);
  const message = writeAnswer({
    answer,
    modelName,
    label: registry.models.version(answer.receipt.version)?.label,
    selection: request,
    receiptUrl: `${service.publicUrl()}/assay/v1/receipts/${answer.receiptId}`,
    logged: await waited(service, answer, parameters.wait),
  });
  return send(c, message, () => service.infer.ledger.delivered(answer.receiptId, message.body.length));
}

/** An answer that was made is given, even when its proof is late. */
async function waited(
  service: InferService,
  answer: ReadResponse,
  wait: Wait,
): Promise<AnswerParts['logged']> {
  if (wait === 'signed') return undefined;
  try {
    return await proofWhen(service.proofs, answer.receiptId, {
      state: wait,
      timeoutMs: service.waitTimeoutMs,
    });
  } catch (error) {
    if (error instanceof WaitError) return 'timeout';
    throw error;
  }
}

function send(c: Context<NodeBindings>, { body, headers }: OipMessage, onSent: () => void): Response {
  c.env.outgoing.once('finish', onSent);
  return c.body(body as Uint8Array<ArrayBuffer>, 200, { ...headers });
}

function assertRoom({ isReady, maxInFlight }: InferService, inFlight: number): void {
  if (!isReady()) {
    throw new GatewayError('not-ready', {
      what: 'the gateway is starting or stopping',
      fix: 'Try again in a second.',
    });
  }
  if (inFlight < maxInFlight) return;
  throw new GatewayError('overloaded', {
    what: `${inFlight} requests are being worked on, at most ${maxInFlight} are`,
    fix: 'Try again in a second.',
  });
}
