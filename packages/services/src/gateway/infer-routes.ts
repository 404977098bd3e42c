/** POST /v2/models/{m}[/versions/{v}]/infer. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Hono } from 'hono';
import { WaitError } from '../follow/index.ts';
import { PAYMENT_RESPONSE, PAYMENT_SIGNATURE } from '@assay/pay';
import type { ReadResponse } from '../inference-node/wire/index.ts';
import { type NodeBindings, readBody } from '../serving/index.ts';
import type { Given } from './delivery-ledger.ts';
import { GatewayError } from './gateway-error.ts';
import { Gate } from './gate.ts';
import { infer, type InferContext, type Inference } from './infer.ts';
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

/** Room for work and room for waiting are counted apart, so that those who wait for proofs keep nobody from answers. */
interface Rooms {
  readonly work: Gate;
  readonly waiting: Gate;
}

const WAITERS_PER_WORKER = 4;

/** Adds the routes. */
export function inferRoutes(app: Hono<NodeBindings>, service: InferService): void {
  const rooms = {
    work: new Gate(service.maxInFlight),
    waiting: new Gate(service.maxInFlight * WAITERS_PER_WORKER),
  };
  const handle = async (c: Context<NodeBindings>): Promise<Response> => {
    const body = await readBody(c, service.maxBodyBytes);
    const asked = readQuestion(c, body, service);
    const { answer, payment } = await answerWithin(rooms.work, asked.inference, service);
    const logged = await waited(service, { answer, wait: asked.inference.parameters.wait, rooms });
    const { registry } = service.infer.view;
    const message = writeAnswer({
      answer,
      modelName: asked.modelName,
      label: registry.models.version(answer.receipt.version)?.label,
      selection: asked.inference.request,
      receiptUrl: `${service.publicUrl()}/assay/v1/receipts/${answer.receiptId}`,
      logged,
      inlineReceipt: asked.inference.parameters.inlineReceipt,
    });
    const paid = payment === undefined ? {} : { [PAYMENT_RESPONSE]: payment.response };
    const headers = { ...message.headers, ...paid };
    return send(c, { ...message, headers }, () =>
      service.infer.ledger.delivered(answer.receiptId, message.body.length),
    );
  };
  app.post('/v2/models/:model/infer', handle);
  app.post('/v2/models/:model/versions/:version/infer', handle);
}

function readQuestion(
  c: Context<NodeBindings>,
  body: Uint8Array,
  { infer: { view }, isReady, publicUrl }: InferService,
): { readonly modelName: string; readonly inference: Inference } {
  if (!isReady()) {
    const fix = 'Try again in a second.';
    throw new GatewayError('not-ready', { what: 'the gateway is starting or stopping', fix });
  }
  const request = parseInferRequest({ body, headerLength: c.req.header(HEADER_LENGTH) });
  const parameters = readParameters({
    parameters: request.parameters,
    clientHeader: c.req.header('assay-client'),
    waitQuery: c.req.query('wait'),
  });
  const modelName = c.req.param('model') as string;
  const model = findModel(view.registry, modelName);
  const versionName = c.req.param('version');
  const pin = versionName === undefined ? undefined : findVersion(view.registry, model, versionName);
  const paymentHeader = c.req.header(PAYMENT_SIGNATURE);
  const url = publicUrl() + c.req.path;
  return { modelName, inference: { model, pin, request, parameters, paymentHeader, url } };
}

async function answerWithin(work: Gate, inference: Inference, service: InferService): Promise<Given> {
  using room = work.tryEnter();
  if (room === undefined) {
    throw new GatewayError('overloaded', {
      what: `${work.inside} requests are being worked on, at most ${work.limit} are`,
      fix: 'Try again in a second.',
    });
  }
  return await infer(inference, service.infer);
}

interface Waiting {
  readonly answer: ReadResponse;
  readonly wait: Wait;
  readonly rooms: Rooms;
}

/** An answer that was made is given, even when its proof is late or too many wait for theirs. */
async function waited(
  service: InferService,
  { answer, wait, rooms }: Waiting,
): Promise<AnswerParts['logged']> {
  if (wait === 'signed') return undefined;
  using room = rooms.waiting.tryEnter();
  if (room === undefined) return 'timeout';
  try {
    const { proofs, waitTimeoutMs: timeoutMs } = service;
    return await proofWhen(proofs, answer.receiptId, { state: wait, timeoutMs });
  } catch (error) {
    if (error instanceof WaitError) return 'timeout';
    throw error;
  }
}

function send(c: Context<NodeBindings>, { body, headers }: OipMessage, onSent: () => void): Response {
  // Straight into the raw response: a Response object of this size costs more than the rest of the way out.
  const { outgoing } = c.env;
  outgoing.once('finish', onSent);
  outgoing.writeHead(200, { ...headers, 'content-length': body.length });
  outgoing.end(body);
  return RESPONSE_ALREADY_SENT;
}
