/** GET /assay/v1/receipts/{id} and its proof. */
import type { Context, Hono } from 'hono';
import { WaitError } from '../follow/index.ts';
import type { NodeBindings } from '../serving/index.ts';
import { GatewayError } from './gateway-error.ts';
import type { LoggedAs } from './infer-answer.ts';
import { proofNow, proofWhen, type ProofSources, receiptEntry } from './proofs.ts';
import { waitOf } from './request-parameters.ts';

/** What these routes need. */
export interface ReceiptService {
  readonly proofs: ProofSources;
  readonly waitTimeoutMs: number;
}

/** A receipt never changes; a proof only becomes possible. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Adds the routes. */
export function receiptRoutes(app: Hono<NodeBindings>, service: ReceiptService): void {
  app.get('/assay/v1/receipts/:id', async (c) => {
    const entry = await receiptEntry(service.proofs, c.req.param('id'));
    const headers = { 'content-type': 'application/vnd.dsse.envelope.v1+json', 'cache-control': IMMUTABLE };
    return c.body(entry as Uint8Array<ArrayBuffer>, 200, headers);
  });
  app.get('/assay/v1/receipts/:id/proof', async (c) => {
    const { proof, index, state } = await proofFor(c, service);
    return c.body(proof as Uint8Array<ArrayBuffer>, 200, {
      'content-type': 'text/plain; charset=utf-8',
      'assay-log-index': String(index),
      'assay-state': state,
    });
  });
}

/** With `?wait=` it waits; without, it gives the witnessed proof if there is one by now. */
async function proofFor(
  c: Context<NodeBindings>,
  { proofs, waitTimeoutMs }: ReceiptService,
): Promise<LoggedAs> {
  const id = c.req.param('id') as string;
  const query = c.req.query('wait');
  const wait = query === undefined ? undefined : waitOf(query);
  if (wait === undefined || wait === 'signed') return proofNow(proofs, id, 'witnessed');
  try {
    return await proofWhen(proofs, id, { state: wait, timeoutMs: waitTimeoutMs });
  } catch (error) {
    if (!(error instanceof WaitError)) throw error;
    throw new GatewayError('not-yet', { what: error.what, fix: 'Ask again later.', cause: error });
  }
}
