/** The gateway over HTTP: the Open Inference Protocol, and receipts with their proofs. */
import { AssayError } from '@assay/core';
import { PAYMENT_REQUIRED, writeHeader } from '@assay/pay';
import { type Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { WaitError } from '../follow/index.ts';
import { BodyError, type NodeBindings } from '../serving/index.ts';
import { GatewayError } from './gateway-error.ts';
import { inferRoutes, type InferService } from './infer-routes.ts';
import { PaymentRefusal } from './pay/payment-refusal.ts';
import { paymentRoutes, type PaymentRoutesService } from './pay/payment-routes.ts';
import { modelRoutes, type ModelService } from './model-routes.ts';
import { participantRoutes } from './participant-routes.ts';
import { errorBody, OipError } from './oip/index.ts';
import { receiptRoutes, type ReceiptService } from './receipt-routes.ts';
import { termsRoutes } from './terms-routes.ts';

/** What the application is a surface of. */
export type GatewayService = InferService &
  ModelService &
  ReceiptService &
  Pick<PaymentRoutesService, 'till'> & { readonly logger: Logger };

/** The application. */
export function createGatewayApp(service: GatewayService): Hono<NodeBindings> {
  const app = new Hono<NodeBindings>();
  modelRoutes(app, service);
  inferRoutes(app, service);
  receiptRoutes(app, service);
  const { view, defaultChannel } = service.infer;
  termsRoutes(app, { view, defaultChannel, priceOf: (model) => service.till.terms(model) });
  paymentRoutes(app, { till: service.till, log: service.proofs.log, view: service.proofs.view });
  participantRoutes(app, { view, log: service.proofs.log });
  app.notFound((c) => c.json({ error: `nothing is served at ${c.req.path.slice(0, 120)}` }, 404));
  app.onError((error, c) => refuse(c, error, service.logger));
  return app;
}

/** The protocol's own error shape; the sentence carries the code, the place and the next step. */
function refuse(c: Context<NodeBindings>, error: Error, logger: Logger): Response {
  if (error instanceof PaymentRefusal) {
    // The header is for x402 clients; the body says the same to whoever reads it.
    const body = { ...errorBody(error), ...error.required };
    return c.json({ ...body, error: error.message }, 402, {
      [PAYMENT_REQUIRED]: writeHeader(error.required),
    });
  }
  const status = statusOf(error);
  if (status === undefined) {
    logger.error({ err: error, path: c.req.path }, 'unexpected failure');
    return c.json({ error: 'GatewayError[internal]: the gateway failed; its own log says why.' }, 500);
  }
  const retryAfter = error instanceof GatewayError ? error.retryAfter : undefined;
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return c.json(errorBody(error), status as ContentfulStatusCode, headers);
}

function statusOf(error: Error): number | undefined {
  if (error instanceof GatewayError || error instanceof OipError) return error.status;
  if (error instanceof BodyError) return error.code === 'too-large' ? 413 : 400;
  if (error instanceof WaitError) return 504;
  // Tensors that the codec let pass and the encoding did not.
  return error instanceof AssayError && error.name === 'TensorError' ? 400 : undefined;
}
