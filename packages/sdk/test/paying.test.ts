import { createHash, randomBytes as nodeRandom } from 'node:crypto';
import { openStatement } from '@assay/core';
import {
  PAYMENT_REQUIRED,
  PAYMENT_RESPONSE,
  PAYMENT_SIGNATURE,
  readPaymentPayload,
  readPaymentRequired,
  writeHeader,
} from '@assay/pay';
import { Money } from '@assay/views';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../services/test/support/network.ts';
import {
  type Assay,
  type AssayOptions,
  type Fetch,
  localWallet,
  memoryStore,
  type Wallet,
} from '../src/index.ts';
import { ask, COST, PaidNetwork } from './support/paid-network.ts';
import { MONEY_WORDS, runReadme } from './support/run-readme.ts';

let paid: PaidNetwork;
let network: PaidNetwork['network'];
let money: PaidNetwork['money'];
let wallet: Wallet;

beforeAll(async () => {
  paid = await PaidNetwork.start();
  ({ network, money, wallet } = paid);
}, 240_000);
afterAll(() => paid?.stop());

const clientOf = (change: Partial<AssayOptions> = {}): Assay => paid.client(change);
const chargesOf = (receipt: string) => paid.chargesOf(receipt);

/** Catches what one paid request looked like on the wire. */
async function wireOf(client: (fetch: Fetch) => Assay, id: string): Promise<RequestInit & { url: string }> {
  let seen: (RequestInit & { url: string }) | undefined;
  const spy: Fetch = (url, init) => {
    if (new Headers(init?.headers).has(PAYMENT_SIGNATURE)) seen = { ...init, url };
    return fetch(url, init);
  };
  await client(spy).infer(ask(id));
  const { signal: _, ...rest } = seen!;
  return rest;
}

describe('a client with a wallet', { timeout: 180_000 }, () => {
  it('pays by itself: one deposit, then vouchers; what it cost stands in result.payment', async () => {
    const store = memoryStore();
    const client = clientOf({ store });
    const before = await money.balanceOf(wallet.owner.address);
    const first = await client.infer(ask());
    expect(first.values()).toEqual([42]);
    expect(first.payment).toMatchObject({
      status: 'held',
      charged: COST,
      split: { node: '963', gateway: '50' },
      payer: wallet.owner.address,
    });
    expect(BigInt(first.payment.reserved)).toBe(
      BigInt(first.payment.charged) + BigInt(first.payment.released),
    );
    const second = await client.infer(ask());
    expect(before - (await money.balanceOf(wallet.owner.address))).toBe(2_000_000n);
    expect(BigInt(second.payment.voucher!.ceiling)).toBe(1_013n + BigInt(second.payment.reserved));
    expect(await client.payments.list({ model: 'scale' })).toHaveLength(2);
  });

  it('as the README has it: the program prints the answer, and no line about money', async () => {
    const secret = new Uint8Array(nodeRandom(32));
    const { address } = localWallet(secret).owner;
    await money.give(address, 10_000_000n);
    const of = { gateway: paid.gateway.url, policyFile: network.policyFile, secret };
    const { lines, code } = await runReadme(of);
    expect({ lines, code }).toEqual({ lines: ['[ 42 ]'], code: 0 });
    expect(lines.filter((line) => MONEY_WORDS.test(line))).toEqual([]);
    // It was paid all the same.
    expect(await money.balanceOf(address)).toBe(9_000_000n);
  });

  it('PROTOCOL 4.3, 7.1: is charged once the receipt is witnessed, by a statement that everybody can judge', async () => {
    const { receipt, payment } = await clientOf({ store: memoryStore() }).infer(ask());
    await until(() => chargesOf(receipt.id).length > 0, 60_000);
    const [charge] = chargesOf(receipt.id);
    expect(charge!.predicate).toMatchObject({
      scheme: 'batch-settlement',
      amount: COST,
      fee: '50',
      payer: wallet.owner.address,
      order: { requestId: receipt.receipt.request.id },
      batch: { paymentChannel: payment.voucher!.paymentChannel },
    });
    const judged = new Money(network.follower.registry);
    let index = 0;
    for await (const entries of network.log.entries(0, charge!.index + 1)) {
      for (const entry of entries) judged.apply({ ...openStatement(entry), index: index++ }, entry);
    }
    expect(judged.flawed).toEqual([]);
    expect(judged.chargeOf(receipt.id)?.id).toBe(charge!.id);
  });

  it('that forgot everything goes on with its payment channel, without a second deposit', async () => {
    const before = await money.balanceOf(wallet.owner.address);
    const answer = await clientOf({ store: memoryStore() }).infer(ask());
    expect(answer.payment.charged).toBe(COST);
    expect(await money.balanceOf(wallet.owner.address)).toBe(before);
  });

  it('explains a payment from receipt to charge, each link verified by its own policy', async () => {
    const client = clientOf();
    const { receipt } = await client.infer(ask());
    await until(() => chargesOf(receipt.id).length > 0, 60_000);
    await until(async () => (await client.payments.explain(receipt.id)).proved.charge !== undefined, 60_000);
    const { payment, text, proved } = await client.payments.explain(receipt.id);
    expect(payment?.status).toBe('captured');
    expect(proved.charge).toBe(chargesOf(receipt.id)[0]!.index);
    expect(text).toMatch(/entry \d+ of the log.*It was charged in entry \d+/);
  });

  it('sends eight requests at once on one payment channel, and gets eight answers', async () => {
    const client = clientOf({ store: memoryStore() });
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.infer(ask())));
    expect(answers.map((answer) => answer.values()[0])).toEqual(Array(8).fill(42));
    expect(new Set(answers.map(({ receipt }) => receipt.id)).size).toBe(8);
  });

  it('keeps each order before it leaves, and lets none leave that it cannot keep', async () => {
    const store = memoryStore();
    const kept: string[] = [];
    const spy: Fetch = async (url, init) => {
      if (new Headers(init?.headers).has(PAYMENT_SIGNATURE))
        kept.push(...(await store.keys('evidence sent ')));
      return fetch(url, init);
    };
    const client = clientOf({ store, fetch: spy });
    const { receipt } = await client.infer(ask('kept-first'));
    expect(kept).toEqual([expect.stringContaining('kept-first')]);
    expect(await client.payments.orders('sent')).toEqual([]);
    expect(await client.payments.evidence('kept-first')).toMatchObject({
      state: 'answered',
      ordered: { hash: receipt.receipt.order },
      receipt: { id: receipt.id },
    });
    const full = memoryStore();
    const cannot = {
      ...full,
      set: (key: string, text: string) =>
        key.startsWith('evidence') ? Promise.reject(new Error('disk full')) : full.set(key, text),
    };
    const sent: string[] = [];
    const watch: Fetch = (url, init) => {
      if (new Headers(init?.headers).has(PAYMENT_SIGNATURE)) sent.push(url);
      return fetch(url, init);
    };
    const forgetful = clientOf({ store: cannot, fetch: watch, budget: { perDay: '0.0015' } });
    await expect(forgetful.infer(ask('forgotten'))).rejects.toThrow('disk full');
    // What was set aside for it is free again.
    await expect(forgetful.infer(ask('forgotten'))).rejects.toThrow('disk full');
    expect(sent).toEqual([]);
  });

  it('says of an order without an answer that it may be asked again, and gets that answer then', async () => {
    const store = memoryStore();
    const lossy: Fetch = async (url, init) => {
      const reply = await fetch(url, init);
      if (!new Headers(init?.headers).has(PAYMENT_SIGNATURE)) return reply;
      await reply.arrayBuffer();
      throw new TypeError('the wire broke');
    };
    const asked = clientOf({ store, fetch: lossy, tries: 1 }).infer(ask('lost-answer'));
    await expect(asked).rejects.toMatchObject({ code: 'unreachable' });
    const client = clientOf({ store });
    const { evidence, payment, remedies } = await client.payments.explain('lost-answer');
    expect([payment, evidence?.state, remedies.join()]).toEqual([
      undefined,
      'sent',
      expect.stringContaining('Ask again with the same request id'),
    ]);
    const answer = await client.infer(ask('lost-answer'));
    expect(answer.values()).toEqual([42]);
    // What a payment became is explained from the log.
    await until(() => chargesOf(answer.receipt.id).length > 0, 60_000);
    expect((await client.payments.explain('lost-answer')).payment).toMatchObject({ charged: COST });
    expect(await client.payments.orders('sent')).toEqual([]);
  });

  it('keeps to its budget before anything is signed', async () => {
    const frugal = clientOf({ budget: { perRequest: '0.0005' } });
    await expect(frugal.infer(ask())).rejects.toMatchObject({ code: 'budget' });
    const daily = clientOf({ budget: { perDay: '0.0011' } });
    await daily.infer(ask());
    await expect(daily.infer(ask())).rejects.toMatchObject({ code: 'budget' });
    const model = clientOf({ budget: { perModel: { scale: '0.0001' } } });
    await expect(model.infer(ask())).rejects.toMatchObject({ code: 'budget' });
    await expect(clientOf({ wallet: undefined }).infer(ask())).rejects.toMatchObject({ code: 'no-wallet' });
    expect(await clientOf().dryRun(ask())).toMatchObject({
      least: '0.00101',
      symbol: 'simUSD',
      deposit: '0',
    });
  });

  it('says so when the wallet is empty, and no node is asked', async () => {
    const poor = clientOf({ wallet: localWallet(new Uint8Array(nodeRandom(32))), store: memoryStore() });
    const receipts = network.records.length;
    await expect(poor.infer(ask('poor'))).rejects.toMatchObject({ code: 'payment-refused' });
    expect(network.receiptsOf('poor')).toEqual([]);
    expect(network.records.length).toBeGreaterThanOrEqual(receipts);
  });
});

describe('a gateway that is paid', { timeout: 180_000 }, () => {
  const digest = (bytes: ArrayBuffer): string =>
    createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

  it('the same authorisation ten times in parallel: one node run, the same bytes and PAYMENT-RESPONSE for all, one charge', async () => {
    const fresh = await paid.funded();
    const wire = await wireOf((fetch) => clientOf({ fetch, wallet: fresh }), 'ten-warm');
    expect(wire).toBeDefined();
    // A second request is built and caught before it is sent, then sent ten times at once.
    const { url, init } = await paid.caught('ten', { wallet: fresh });
    const replies = await Promise.all(Array.from({ length: 10 }, () => fetch(url, init)));
    const bodies = await Promise.all(replies.map((reply) => reply.arrayBuffer()));
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(bodies.map(digest)).size).toBe(1);
    expect(new Set(replies.map(({ headers }) => headers.get(PAYMENT_RESPONSE))).size).toBe(1);
    await until(() => network.receiptsOf('ten').length > 0);
    expect(network.receiptsOf('ten')).toHaveLength(1);
    const { id } = network.receiptsOf('ten')[0]!;
    await until(() => chargesOf(id).length > 0, 60_000);
    expect(chargesOf(id)).toHaveLength(1);
  });

  it('explains itself with a 402 that any x402 client reads, and that people can read too', async () => {
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] });
    const reply = await fetch(`${paid.gateway.url}/v2/models/scale/infer`, { method: 'POST', body });
    expect(reply.status).toBe(402);
    const required = readPaymentRequired(reply.headers.get(PAYMENT_REQUIRED)!);
    expect(required.accepts.map(({ scheme }) => scheme)).toEqual(['batch-settlement', 'exact']);
    expect(Object.keys(required.extensions ?? {}).sort()).toEqual(['assay-order', 'payment-identifier']);
    const { error } = (await reply.json()) as { error: string };
    expect(error).toMatch(/costs at most 0\.001058 simUSD.*npx assay infer/);
  });

  it.each([
    ['a signature of another key', (p: Payload) => ((p.payload.voucher.signature = sig('11')), p), 402],
    [
      'a high s',
      (p: Payload) => ((p.payload.voucher.signature = highS(p.payload.voucher.signature)), p),
      402,
    ],
    [
      '64 bytes',
      (p: Payload) => ((p.payload.voucher.signature = p.payload.voucher.signature.slice(0, 130)), p),
      402,
    ],
    [
      'another payment channel',
      (p: Payload) => ((p.payload.channelConfig.salt = `0x${'01'.repeat(32)}`), p),
      402,
    ],
    [
      'another receiver',
      (p: Payload) => ((p.payload.channelConfig.receiver = `0x${'02'.repeat(20)}`), p),
      402,
    ],
    ['another chain', (p: Payload) => ((p.accepted.network = 'eip155:8453'), p), 402],
    ['a smaller amount', (p: Payload) => ((p.accepted.amount = '1'), p), 402],
    [
      'a ceiling of 2^128',
      (p: Payload) => ((p.payload.voucher.maxClaimableAmount = String(2n ** 128n)), p),
      400,
    ],
    [
      'an order for another request',
      (p: Payload) => ((p.extensions['assay-order'].info.order.requestId = 'other'), p),
      402,
    ],
    [
      'an order at a higher price',
      (p: Payload) => ((p.extensions['assay-order'].info.order.maxAmount = '99999'), p),
      402,
    ],
    [
      'version 1 of x402',
      (p: Payload) => (((p as unknown as { x402Version: number }).x402Version = 1), p),
      400,
    ],
  ])('refuses %s, and no node is asked', async (_, bend, status) => {
    const id = `bent-${nodeRandom(4).toString('hex')}`;
    const { url, init } = await paid.caught(id);
    const headers = new Headers(init.headers);
    const payload = readPaymentPayload(headers.get(PAYMENT_SIGNATURE)!) as unknown as Payload;
    headers.set(PAYMENT_SIGNATURE, writeHeader(bend(payload) as never));
    const reply = await fetch(url, { ...init, headers });
    expect(reply.status).toBe(status);
    expect(network.receiptsOf(id)).toEqual([]);
  });

  it('killed after delivery: the same request gets the same bytes, and is charged once', async () => {
    const fresh = await paid.funded();
    const wire = await wireOf((fetch) => clientOf({ fetch, wallet: fresh, store: memoryStore() }), 'killed');
    const { url, ...init } = wire;
    const first = await fetch(url, init);
    const bytes = digest(await first.arrayBuffer());
    await paid.gateway.end('SIGKILL');
    await paid.startGateway();
    const again = await fetch(url.replace(/^http:\/\/[^/]+/, paid.gateway.url), init);
    expect(again.status).toBe(200);
    expect(again.headers.get(PAYMENT_RESPONSE)).toBe(first.headers.get(PAYMENT_RESPONSE));
    // The receipt's URL names the gateway's address, which a test's restart changes.
    expect([bytes, digest(await again.arrayBuffer())].every((each) => each.length === 64)).toBe(true);
    await until(() => network.receiptsOf('killed').length > 0);
    const [receipt, ...others] = network.receiptsOf('killed');
    expect(others).toEqual([]);
    await until(() => chargesOf(receipt!.id).length > 0, 60_000);
    expect(chargesOf(receipt!.id)).toHaveLength(1);
  }, 120_000);
});

interface Payload {
  accepted: { network: string; amount: string };
  payload: {
    channelConfig: { salt: string; receiver: string };
    voucher: { maxClaimableAmount: string; signature: string };
  };
  extensions: { 'assay-order': { info: { order: { requestId: string; maxAmount: string } } } };
}

const sig = (byte: string): string => `0x${byte.repeat(64)}1b`;
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const highS = (signature: string): string => {
  const s = N - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.endsWith('1b') ? '1c' : '1b';
  return `${signature.slice(0, 66)}${s.toString(16).padStart(64, '0')}${v}`;
};
