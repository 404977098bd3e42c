/** A settler over HTTP: how it stands, settle now, refund an incident. */
import { AssayError, type Clock } from '@assay/core';
import { SettleError } from '@assay/pay/node';
import type { Registry } from '@assay/views';
import { Hono } from 'hono';
import { AUTHORIZATION, RequestSignatureError, requestSigner } from '../participant/index.ts';
import type { NodeBindings } from '../serving/index.ts';
import type { RefundOutcome, RefundRound } from './class-refund.ts';
import type { LeafProof } from './leaf-proofs.ts';
import type { Settled } from './settlement.ts';

/** How a settler stands. */
export interface SettlerState {
  readonly ready: boolean;
  readonly address: string;
  /** Newest batch in the log. */
  readonly batch: number;
  /** Charges that stand in no batch yet. */
  readonly unsettled: number;
  /** Transactions that are not final. */
  readonly openTransactions: number;
  /** What stopped the newest round; absent when nothing did. */
  readonly problem?: string;
}

/** What the application is a surface of. */
export interface SettlerService {
  readonly keyId: string;
  readonly clock: Clock;
  readonly registry: Registry;
  state(): SettlerState;
  settleNow(): Promise<Settled>;
  /** Undefined for a receipt whose charge stands in no batch. */
  leafProof(receipt: string): LeafProof | undefined;
  refund(incident: string): Promise<RefundOutcome>;
}

export const SETTLE_PATH = '/assay/v1/settle';

/** The application. */
export function createSettlerApp(settler: SettlerService): Hono<NodeBindings> {
  const app = new Hono<NodeBindings>();
  app.get('/health', (c) => {
    const state = settler.state();
    return c.json(state, state.ready && state.problem === undefined ? 200 : 503);
  });
  app.get('/assay/v1/charges/:receipt', (c) => {
    const found = settler.leafProof(c.req.param('receipt'));
    if (found === undefined) return c.json({ what: 'no batch in the log has a charge of that receipt' }, 404);
    return c.json({ batch: String(found.batch), proof: found.proof });
  });
  app.post(SETTLE_PATH, async (c) => {
    assertJoined(settler, c.req.header(AUTHORIZATION), SETTLE_PATH);
    const { batch, charges, total } = await settler.settleNow();
    return c.json({
      ...(batch === undefined ? {} : { batch: String(batch) }),
      charges,
      total: String(total),
    });
  });
  app.post('/assay/v1/refunds/:incident', async (c) => {
    const incident = c.req.param('incident');
    assertJoined(settler, c.req.header(AUTHORIZATION), `/assay/v1/refunds/${incident}`);
    const { earlier, ...newest } = await settler.refund(incident);
    return c.json({ ...textOf(newest), earlier: earlier.map(textOf) });
  });
  app.onError((error, c) => {
    if (!(error instanceof AssayError)) throw error;
    return c.json(error.toJSON(), statusOf(error));
  });
  return app;
}

const textOf = <T extends RefundRound>(refund: T) => ({
  ...refund,
  size: String(refund.size),
  total: String(refund.total),
  shortfall: String(refund.shortfall),
});

/** Settling costs the settler gas, so only participants may ask; what it does then is the log's to say, not theirs. */
function assertJoined(
  { keyId, clock, registry }: SettlerService,
  header: string | undefined,
  path: string,
): void {
  const signer = requestSigner(header, { method: 'POST', path, recipient: keyId }, clock);
  if (registry.participants.isActive(signer)) return;
  throw new RequestSignatureError('signature', {
    what: `${signer} has not joined this log`,
    fix: 'Join first; any role will do.',
  });
}

function statusOf(error: AssayError): 400 | 401 | 409 | 503 {
  if (error instanceof RequestSignatureError) return 401;
  if (error instanceof SettleError) return error.code === 'no-quorum' ? 503 : 409;
  return error.name === 'LineageError' ? 400 : 503;
}
