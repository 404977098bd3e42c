/** Asks a settler as a participant of the lab does, signed. */
import { systemClock } from '@assay/core';
import { signRequest } from '../../../src/participant/index.ts';
import type { MoneyLab } from './money-lab.ts';

/** Who is asked. */
export interface AskedSettler {
  readonly url: string;
  readonly keyId: string;
}

/** What it answered. */
export interface Asked {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One request. */
export async function askSettler(
  { url, keyId }: AskedSettler,
  lab: MoneyLab,
  { path, as }: { readonly path: string; readonly as: string },
): Promise<Asked> {
  const { signer } = lab.identity(as);
  const header = signRequest({ method: 'POST', path, recipient: keyId }, signer, systemClock);
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'assay-authorization': header },
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A refund, asked for until it is neither too early for its batches nor for its veto window. */
export async function askRefund(settler: AskedSettler, lab: MoneyLab, incident: string): Promise<Asked> {
  let asked: Asked | undefined;
  await lab.until(async () => {
    asked = await askSettler(settler, lab, { path: `/assay/v1/refunds/${incident}`, as: 'owner' });
    return asked.body['code'] !== 'unposted' && asked.body['code'] !== 'veto-window';
  }, 'a refund that is not too early');
  return asked as Asked;
}
