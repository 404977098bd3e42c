/** Two gateways on one vault and one chain, each with a ledger of its own, and payers who ask both. */
import { randomBytes as nodeRandom } from 'node:crypto';
import { join } from 'node:path';
import { type LogRecord, openStatement, signStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { PAYMENT_SIGNATURE, paymentChannelId, ZERO_BYTES32 } from '@assay/pay';
import { chargedTwice, Money } from '@assay/views';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMoney } from '../../services/test/support/money.ts';
import { isOk, TestNetwork, until } from '../../services/test/support/network.ts';
import type { ServiceProcess } from '../../services/test/support/service-process.ts';
import { Assay, type Fetch, localWallet, type Wallet } from '../src/index.ts';

const NAMES = ['gateway-a', 'gateway-b', 'gateway-c'] as const;
const COST = 1_013n;

let network: TestNetwork;
let money: TestMoney;
let a: ServiceProcess;
let b: ServiceProcess;
/** Of one operator with `a`: it leaves to that one what it charged. */
let c: ServiceProcess;

beforeAll(async () => {
  network = await TestNetwork.start();
  money = await TestMoney.start(network, NAMES);
  const v1 = await network.publish('v1', 2);
  await network.decide({ [v1.digest]: 10_000 });
  const node = await network.node('node-a');
  a = await start('gateway-a');
  b = await start('gateway-b');
  c = await start('gateway-c', [loadIdentity(join(network.directory, 'gateway-a.json')).keyId]);
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  for (const [name, { url }] of [
    ['gateway-a', a],
    ['gateway-b', b],
    ['gateway-c', c],
  ] as const) {
    await until(() => isOk(`${url}/v2/models/scale/ready`));
    const { signer } = loadIdentity(join(network.directory, `${name}.json`));
    const nonce = nodeRandom(16).toString('hex');
    const prices = { perRequest: '1000', perInputKib: '10', perOutputKib: '3', feeBps: 500 };
    const price = { model: network.model(), ...money.book, ...prices, nonce };
    await network.log.append(signStatement('price.publish', price, signer));
    await until(async () => {
      const terms = (await (await fetch(`${url}/assay/v1/models/scale/terms`)).json()) as object;
      return 'price' in terms;
    });
  }
}, 240_000);
afterAll(async () => {
  await network.stop();
  await money.stop();
});

const start = (name: string, peers: readonly string[] = []): Promise<ServiceProcess> =>
  network.gateway(name, {
    money: { ...money.config(network.directory, name), peers },
    attemptTimeoutMs: 20_000,
  });

async function funded(): Promise<Wallet> {
  const wallet = localWallet(new Uint8Array(nodeRandom(32)));
  await money.give(wallet.owner.address, 10_000_000n);
  return wallet;
}

const clientOf = (gateway: string | string[], wallet: Wallet, fetchBy?: Fetch): Assay =>
  new Assay({
    gateway,
    policy: network.policy,
    followProofs: false,
    wallet,
    deposit: '2',
    ...(fetchBy === undefined ? {} : { fetch: fetchBy, tries: 1 }),
  });

const ask = (id?: string) => ({ model: 'scale', inputs: { x: [[21]] }, ...(id === undefined ? {} : { id }) });

const charges = (payer: string): (LogRecord & { kind: 'charge' })[] =>
  network.records.filter(
    (record) => record.kind === 'charge' && record.predicate.payer === payer,
  ) as (LogRecord & { kind: 'charge' })[];

const released = (payer: string): LogRecord[] =>
  network.records.filter((record) => record.kind === 'release' && record.predicate.payer === payer);

/** The first gateway answers once in full, and nothing of it arrives; from then on it is out of reach for what is paid. */
function losing(payer: string): Fetch {
  let lost = false;
  return async (url, init) => {
    const isPaid = new Headers(init?.headers).has(PAYMENT_SIGNATURE);
    if (!isPaid || !url.startsWith(a.url)) return fetch(url, init);
    if (!lost) {
      lost = true;
      await (await fetch(url, init)).arrayBuffer();
      await until(() => charges(payer).length === 1, 60_000);
    }
    throw new TypeError('connection reset');
  };
}

/** The money of the whole log, as everybody judges it. */
async function judged(): Promise<Money> {
  const view = new Money(network.follower.registry);
  const { size } = network.follower.registry;
  let index = 0;
  for await (const entries of network.log.entries(0, size)) {
    for (const entry of entries) view.apply({ ...openStatement(entry), index: index++ }, entry);
  }
  return view;
}

describe('two gateways on one vault', { timeout: 180_000 }, () => {
  it('are paid from a payment channel each, in any order and at once, and every charge of both counts', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    const [atA, atB] = [clientOf(a.url, wallet), clientOf(b.url, wallet)];
    for (let i = 0; i < 3; i++) await Promise.all([atA.infer(ask()), atB.infer(ask()), atA.infer(ask())]);
    await until(() => charges(payer).length === 9, 60_000);
    const channels = new Set(charges(payer).map(({ predicate }) => predicate.batch?.paymentChannel ?? ''));
    expect(channels.size).toBe(2);
    const view = await judged();
    expect(view.flawed).toEqual([]);
    const captured = [...channels].map((channel) => view.capturedOn(channel)).toSorted();
    expect(captured).toEqual([3n * COST, 6n * COST]);
    // Two deposits, one for each.
    expect(await money.balanceOf(payer)).toBe(6_000_000n);
  });

  it('PROTOCOL 5.3: an answer that was lost is fetched from the gateway that was paid for it, before another is asked', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    let lost = 0;
    const losingOnce: Fetch = async (url, init) => {
      const reply = await fetch(url, init);
      if (lost > 0 || !new Headers(init?.headers).has(PAYMENT_SIGNATURE)) return reply;
      lost += 1;
      await reply.arrayBuffer();
      throw new TypeError('connection reset');
    };
    // One try for each gateway: what may be owed is fetched all the same.
    const client = clientOf([a.url, b.url], wallet, losingOnce);
    const answer = await client.infer(ask('fetched-again'));
    expect({ lost, from: answer.gateway, also: answer.payment.alsoOrdered }).toEqual({
      lost: 1,
      from: a.url,
    });
    await client.infer(ask());
    await until(() => charges(payer).length === 2, 60_000);
    expect(network.receiptsOf('fetched-again')).toHaveLength(1);
  });

  it('of a gateway that refuses what it may owe another is asked', async () => {
    const wallet = await funded();
    let paid = 0;
    const refusing: Fetch = async (url, init) => {
      if (!url.startsWith(a.url) || !new Headers(init?.headers).has(PAYMENT_SIGNATURE))
        return fetch(url, init);
      paid += 1;
      if (paid === 1) throw new TypeError('connection reset');
      return Response.json({ error: 'not here' }, { status: 409 });
    };
    const answer = await clientOf([a.url, b.url], wallet, refusing).infer(ask());
    expect({ paid, from: answer.gateway }).toEqual({ paid: 2, from: b.url });
    expect(answer.payment.alsoOrdered).toMatchObject([{ gateway: a.url, reserved: '1058' }]);
    await expect(clientOf(a.url, wallet, refusing).infer(ask())).rejects.toMatchObject({ code: 'refused' });
  });

  it('an answer that was lost, and its gateway with it, is ordered at the other one too: without peers both are paid, and it is told', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    const client = clientOf([a.url, b.url], wallet, losing(payer));
    const answer = await client.infer(ask('lost-for-good'));
    expect([answer.gateway, answer.values()]).toEqual([b.url, [42]]);
    expect(answer.payment.alsoOrdered).toMatchObject([{ gateway: a.url }]);
    for (const { url } of [a, b]) await clientOf(url, wallet).infer(ask());
    await until(() => charges(payer).length === 4, 60_000);
    const view = await judged();
    expect(view.flawed).toEqual([]);
    const twice = chargedTwice(view).filter((each) => each.payer === payer);
    expect(twice).toMatchObject([{ request: 'lost-for-good', charges: [{}, {}] }]);
    const byA = twice[0]!.charges.find(({ output }) => output.id !== answer.receipt.id)!;
    const also = { entry: byA.index, gateway: byA.gateway, receipt: byA.output.id, amount: String(COST) };
    await until(
      async () => (await client.payments.explain('lost-for-good')).payment?.alsoCharged !== undefined,
      60_000,
    );
    const { text } = await client.payments.explain('lost-for-good');
    expect(text).toContain(
      `charged there as well: 0.001013 (1013 atomic units) by ${byA.gateway.slice(0, 20)}`,
    );
    expect(await client.payments.list()).toMatchObject([{ request: 'lost-for-good', alsoCharged: [also] }]);
  });

  it('a gateway leaves a request to one of its peers that charged it: the answer is charged once, and both go on being paid', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    const client = clientOf([a.url, c.url], wallet, losing(payer));
    const answer = await client.infer(ask('lost-once'));
    expect(answer.gateway).toBe(c.url);
    for (const { url } of [a, c]) await clientOf(url, wallet).infer(ask());
    await until(() => charges(payer).length === 3, 60_000);
    await until(() => released(payer).length === 1, 60_000);
    const own = charges(payer).filter(({ predicate }) => predicate.order?.requestId === 'lost-once');
    expect(own).toHaveLength(1);
    expect((await judged()).flawed).toEqual([]);
  });

  it('no charge of another takes anything from a gateway, though anybody may log one and the payer may sign it', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    const client = clientOf(a.url, wallet);
    await client.infer(ask());
    await until(() => charges(payer).length === 1, 60_000);
    const [{ predicate } = { predicate: undefined }] = charges(payer);
    // Somebody joined as a gateway, and says that it charged this request and this payment channel.
    const forged = { ...predicate!, order: { ...predicate!.order!, requestId: 'for-nothing' } };
    const { signer } = loadIdentity(join(network.directory, 'gateway-b.json'));
    await network.log.append(signStatement('charge', forged, signer), 'witnessed');
    await client.infer(ask('for-nothing'));
    // The payer runs another gateway too, which charges it for the same request.
    await clientOf(b.url, wallet).infer(ask('for-a-trifle'));
    await until(() => charges(payer).length === 4, 60_000);
    await client.infer(ask('for-a-trifle'));
    await client.infer(ask());
    await until(() => charges(payer).length === 6, 60_000);
    const view = await judged();
    expect(view.flawed).toMatchObject([{ receipt: forged.receipt }]);
    expect(view.charges.filter(({ charge }) => charge.payer === payer)).toHaveLength(5);
    expect(released(payer)).toEqual([]);
  });

  it('a payment channel with no gateway’s salt is of whose charge counts first on it: a forged one blocks nobody', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    const payable = [{ network: money.network, asset: money.token, decimals: 6 }];
    const client = new Assay({ gateway: a.url, policy: network.policy, wallet, payable });
    const inputs = [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [21] }];
    const body = JSON.stringify({ inputs });
    const headers = { 'content-type': 'application/json' };
    const pay = (url: string) =>
      client.fetch(`${url}/v2/models/scale/infer`, { method: 'POST', headers, body });
    const another = await funded();
    await clientOf(a.url, another).infer(ask());
    await until(() => charges(another.owner.address).length === 1, 60_000);
    const { predicate } = charges(another.owner.address)[0]!;
    const config = { ...predicate.batch!.config, payer, payerAuthorizer: wallet.session.address };
    config.salt = ZERO_BYTES32;
    const paymentChannel = paymentChannelId(config, 31_337);
    const { amount } = predicate;
    const forged = {
      ...predicate,
      payer,
      batch: { ...predicate.batch!, config, paymentChannel, cumulative: amount },
    };
    const { signer } = loadIdentity(join(network.directory, 'gateway-c.json'));
    await network.log.append(signStatement('charge', forged, signer), 'witnessed');
    expect((await pay(a.url)).status).toBe(200);
    await until(() => charges(payer).length === 2, 60_000);
    expect((await pay(a.url)).status).toBe(200);
    await until(() => charges(payer).length === 3, 60_000);
    expect(charges(payer)[2]?.predicate.batch?.paymentChannel).toBe(paymentChannel);
    expect((await judged()).capturedOn(paymentChannel)).toBe(2n * COST);
    await expect(pay(b.url)).rejects.toMatchObject({ code: 'payment-refused' });
  });

  it('refuses a payment channel that another gateway charges: two ledgers cannot count one', async () => {
    const wallet = await funded();
    const payer = wallet.owner.address;
    let sent: RequestInit | undefined;
    const spy: Fetch = (url, init) => {
      if (new Headers(init?.headers).has(PAYMENT_SIGNATURE)) sent = init;
      return fetch(url, init);
    };
    const first = clientOf(a.url, wallet, spy);
    await first.infer(ask());
    await first.infer(ask());
    await until(() => charges(payer).length === 2, 60_000);
    const { signal: _, ...rest } = sent!;
    await until(async () => {
      const reply = await fetch(`${b.url}/v2/models/scale/infer`, rest);
      return reply.status === 402 && /charged by another gateway/.test(await reply.text());
    });
  });
});
