/** GET /assay/v1/payments/{receipt} and /assay/v1/payment-channels/{id}: what payers ask about their money. */
import { base64 } from '@assay/core';
import type { Hono } from 'hono';
import type { LogClient } from '../../log-client/index.ts';
import type { NodeBindings } from '../../serving/index.ts';
import { GatewayError } from '../gateway-error.ts';
import type { Till } from './till.ts';

/** What these routes need. */
export interface PaymentRoutesService {
  readonly till: Till;
  readonly log: LogClient;
  readonly view: { readonly witnessedSize: number; indexOf(id: string): number | undefined };
}

/** Adds the routes. */
export function paymentRoutes(app: Hono<NodeBindings>, { till, log, view }: PaymentRoutesService): void {
  app.get('/assay/v1/payments/:receipt', async (c) => {
    const receipt = c.req.param('receipt');
    const found = { receipt: view.indexOf(receipt), ...till.records.of(receipt) };
    if (Object.values(found).every((index) => index === undefined)) {
      throw new GatewayError('unknown-receipt', {
        what: `no receipt ${receipt.slice(0, 80)} is in the log`,
        fix: 'Check the id; a receipt is found here once it is in the log.',
      });
    }
    const told: Record<string, unknown> = {};
    for (const [name, index] of Object.entries(found)) {
      if (index !== undefined && index < view.witnessedSize) told[name] = await provenEntry(log, index);
    }
    const { payer, request } = c.req.query();
    if (payer !== undefined && request !== undefined)
      told['others'] = await chargedByOthers({ till, log, view }, { payer, request, receipt });
    const proof = 'batch' in told ? await till.leafProof(receipt) : undefined;
    if (proof !== undefined) told['leaf'] = { proof };
    return c.json(told);
  });

  app.get('/assay/v1/payment-channels/:id', async (c) => {
    const id = c.req.param('id').toLowerCase();
    const told = /^0x[0-9a-f]{64}$/.test(id) ? await till.channel(id as `0x${string}`) : undefined;
    if (told !== undefined) return c.json(told);
    throw new GatewayError('parameter', {
      what: `"${id.slice(0, 80)}" is no payment channel, or this gateway takes no money`,
      where: 'URL',
    });
  });
}

/** Most charges of others that are shown for one request: anybody may log some. */
const MOST_OTHERS = 32;

/** What else was charged for a payer's request, as it stands in the log: whether it is theirs payers can tell. */
async function chargedByOthers(
  { till, log, view }: PaymentRoutesService,
  of: { readonly payer: string; readonly request: string; readonly receipt: string },
): Promise<object[]> {
  const found = till.records
    .chargesOf(of.payer, of.request)
    .filter(({ receipt, index }) => receipt !== of.receipt && index < view.witnessedSize);
  return Promise.all(found.slice(-MOST_OTHERS).map(({ index }) => provenEntry(log, index)));
}

async function provenEntry(log: LogClient, index: number): Promise<{ entry: string; proof: string }> {
  for await (const [entry] of log.entries(index, index + 1)) {
    if (entry !== undefined)
      return { entry: base64(entry), proof: base64(await log.proof(index, 'witnessed')) };
  }
  throw new TypeError(`the log has no entry ${index}, which was read before`);
}
