/** PROTOCOL 5.3, 5.4 where a payer goes away mid-answer: it owes nothing for what it was not given, and may come back. */
import { createHash } from 'node:crypto';
import { PAYMENT_RESPONSE, PAYMENT_SIGNATURE, readPaymentPayload, writeHeader } from '@assay/pay';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../services/test/support/network.ts';
import { type Caught, COST, PaidNetwork } from './support/paid-network.ts';

let paid: PaidNetwork;

beforeAll(async () => {
  // The shortest time for which a payment without an order is good.
  paid = await PaidNetwork.start({ offerSeconds: 30 });
}, 240_000);
afterAll(() => paid?.stop(), 60_000);

const digest = (bytes: ArrayBuffer): string =>
  createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

/** Sends it, and goes away while the node works; the gateway gets the answer, and nobody is there to take it. */
async function goAway({ url, init }: Caught, id: string): Promise<string> {
  const gone = new AbortController();
  paid.node.freeze();
  const reply = fetch(url, { ...init, signal: gone.signal });
  await new Promise((resolve) => setTimeout(resolve, 700));
  gone.abort();
  await expect(reply).rejects.toThrow(/abort/i);
  paid.node.thaw();
  await until(() => paid.network.receiptsOf(id).length > 0);
  return paid.network.receiptsOf(id)[0]?.id ?? '';
}

/** Another request, asked later and charged: whatever was to be charged before it is charged by then. */
async function laterCharged(): Promise<void> {
  const { receipt } = await paid.client().infer({ model: 'scale', inputs: { x: [[1]] } });
  await until(() => paid.chargesOf(receipt.id).length > 0, 60_000);
}

/** As a client of x402 that knows no orders sends it: its payment is good for as long as the offer. */
function withoutOrder({ url, init }: Caught): Caught {
  const headers = new Headers(init.headers);
  const payload = readPaymentPayload(headers.get(PAYMENT_SIGNATURE) ?? '') as unknown as {
    extensions: { 'assay-order': { info: { order?: unknown } } };
  };
  delete payload.extensions['assay-order'].info.order;
  headers.set(PAYMENT_SIGNATURE, writeHeader(payload as never));
  return { url, init: { ...init, headers } };
}

describe('a payer that goes away mid-answer', { timeout: 240_000 }, () => {
  it('PROTOCOL 5.4: is charged nothing while it was given nothing', async () => {
    const wire = await paid.caught('gone');
    const receipt = await goAway(wire, 'gone');
    await laterCharged();
    expect(paid.chargesOf(receipt)).toEqual([]);
    expect(paid.network.delivered.has(receipt)).toBe(false);
    expect(paid.network.receiptsOf('gone')).toHaveLength(1);

    // PROTOCOL 5.3: asked again it gets the same bytes, each time; then it is charged what the receipt says, once.
    const ask = (): Promise<Response> => fetch(wire.url, wire.init);
    const replies = [await ask(), await ask()];
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    const bytes = await Promise.all(replies.map((reply) => reply.arrayBuffer()));
    expect(new Set(bytes.map(digest)).size).toBe(1);
    expect(new Set(replies.map(({ headers }) => headers.get(PAYMENT_RESPONSE))).size).toBe(1);
    await until(() => paid.chargesOf(receipt).length > 0, 60_000);
    expect(paid.chargesOf(receipt).map(({ predicate }) => predicate.amount)).toEqual([COST]);
    expect(paid.network.delivered.get(receipt)).toHaveLength(1);
    expect(paid.network.receiptsOf('gone')).toHaveLength(1);
    expect(paid.releasesOf(receipt)).toEqual([]);
  });

  it('and never comes back: what it reserved is released when its payment ends, and nothing is charged', async () => {
    const wire = withoutOrder(await paid.caught('lost'));
    const receipt = await goAway(wire, 'lost');
    await until(() => paid.releasesOf(receipt).length > 0, 120_000);
    expect(paid.releasesOf(receipt).map(({ predicate }) => predicate.reason)).toEqual(['expired']);
    expect(paid.chargesOf(receipt)).toEqual([]);
  });

  it('PROTOCOL 5.3: and its gateway is killed: it is given the same bytes afterwards, and charged once', async () => {
    const wire = await paid.caught('killed-gone');
    const receipt = await goAway(wire, 'killed-gone');
    await paid.gateway.end('SIGKILL');
    await paid.startGateway();
    const { pathname } = new URL(wire.url);
    const again = await fetch(paid.gateway.url + pathname, wire.init);
    expect(again.status).toBe(200);
    expect(paid.network.receiptsOf('killed-gone')).toHaveLength(1);
    await until(() => paid.chargesOf(receipt).length > 0, 60_000);
    expect(paid.chargesOf(receipt)).toHaveLength(1);
  });
});
