/** Both ways between us and the official x402 packages: their client pays our gateway, our client pays their server. */
import { join } from 'node:path';
import { randomBytes as nodeRandom } from 'node:crypto';
import { type LogRecord, signStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMoney } from '../../services/test/support/money.ts';
import { TestNetwork, until } from '../../services/test/support/network.ts';
import type { ServiceProcess } from '../../services/test/support/service-process.ts';
import { Assay, localWallet } from '../src/index.ts';
import {
  officialClient,
  type OfficialServer,
  type Scheme,
  startOfficialServer,
} from './support/official-x402.ts';

let network: TestNetwork;
let money: TestMoney;
let gateway: ServiceProcess;

beforeAll(async () => {
  network = await TestNetwork.start();
  money = await TestMoney.start(network, ['gateway']);
  const v1 = await network.publish('v1', 2);
  await network.decide({ [v1.digest]: 10_000 });
  const node = await network.node('node-a');
  gateway = await network.gateway('gateway', {
    money: money.config(network.directory, 'gateway'),
    attemptTimeoutMs: 20_000,
  });
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  // A connection that is reset on a loaded machine is no answer yet.
  const ready = (): Promise<boolean> =>
    fetch(`${gateway.url}/v2/models/scale/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready);
  const { signer } = loadIdentity(join(network.directory, 'gateway.json'));
  const nonce = nodeRandom(16).toString('hex');
  const prices = { perRequest: '1000', perInputKib: '10', perOutputKib: '3', feeBps: 500 };
  const price = { model: network.model(), ...money.book, ...prices, nonce };
  await network.log.append(signStatement('price.publish', price, signer));
  await until(() =>
    ask(fetch).then(
      ({ status }) => status === 402,
      () => false,
    ),
  );
}, 240_000);
afterAll(async () => {
  await network.stop();
  await money.stop();
});

const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [21] }] });
const ask = (by: typeof fetch): Promise<Response> =>
  by(`${gateway.url}/v2/models/scale/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });

/** The official client, with a wallet that holds tokens, and only the scheme that is named. */
async function official(scheme: Scheme): Promise<typeof fetch> {
  const client = officialClient(money, scheme);
  await money.give(client.address, 10_000_000n);
  return client.fetch;
}

const chargeOf = (receipt: string): (LogRecord & { kind: 'charge' }) | undefined =>
  network.records.find(
    (record): record is LogRecord & { kind: 'charge' } =>
      record.kind === 'charge' && record.predicate.receipt === receipt,
  );

interface Answer {
  readonly outputs: readonly { readonly data: readonly number[] }[];
  readonly parameters: { readonly assay_receipt: string };
}

describe('the official @x402/fetch client pays our gateway', { timeout: 180_000 }, () => {
  it('by exact: the money is held in the vault, and charged once the receipt is witnessed', async () => {
    const before = await money.balanceOf(money.vault);
    const reply = await ask(await official('exact'));
    expect(reply.status, await reply.clone().text()).toBe(200);
    const { outputs, parameters } = (await reply.json()) as Answer;
    expect(outputs[0]?.data).toEqual([42]);
    expect((await money.balanceOf(money.vault)) - before).toBe(1_058n);
    await until(() => chargeOf(parameters.assay_receipt) !== undefined, 60_000);
    expect(chargeOf(parameters.assay_receipt)?.predicate).toMatchObject({
      scheme: 'exact',
      amount: '1013',
      exact: { value: '1058' },
    });
  });

  it('by batch-settlement: deposits once, then vouchers, one after the other', async () => {
    const pay = await official('batch-settlement');
    const receipts: string[] = [];
    for (let i = 0; i < 3; i++) {
      const reply = await ask(pay);
      expect(reply.status, await reply.clone().text()).toBe(200);
      receipts.push(((await reply.json()) as Answer).parameters.assay_receipt);
    }
    expect(new Set(receipts).size).toBe(3);
    await until(() => receipts.every((id) => chargeOf(id) !== undefined), 60_000);
    const last = chargeOf(receipts[2] ?? '')?.predicate;
    expect(last).toMatchObject({ scheme: 'batch-settlement', amount: '1013' });
    const { balance } = await money.channel(last?.batch?.paymentChannel ?? '');
    expect(balance).toBe(1_000_000n);
  });
});

describe('our client pays an official @x402/hono server', { timeout: 180_000 }, () => {
  let server: OfficialServer;
  let url = '';

  beforeAll(async () => {
    server = await startOfficialServer(money, { amount: '2500', minDeposit: '50000' });
    url = server.url;
  });
  afterAll(() => server.close());

  async function client(): Promise<{ assay: Assay; address: string }> {
    const wallet = localWallet(new Uint8Array(nodeRandom(32)));
    await money.give(wallet.owner.address, 10_000_000n);
    const payable = [{ network: money.network, asset: money.token, decimals: 6 }];
    const assay = new Assay({
      gateway: gateway.url,
      policy: network.policy,
      wallet,
      payable,
      deposit: '0.1',
      budget: { perRequest: '0.01' },
    });
    return { assay, address: wallet.owner.address };
  }

  it('by exact', async () => {
    const { assay, address } = await client();
    const reply = await assay.fetch(`${url}/exact`);
    expect(await reply.json()).toEqual({ path: '/exact' });
    expect(await money.balanceOf(address)).toBe(9_997_500n);
  });

  it('by batch-settlement: deposits once, then vouchers', async () => {
    const { assay, address } = await client();
    for (let i = 0; i < 3; i++) {
      const reply = await assay.fetch(`${url}/batch`);
      expect(reply.status, await reply.clone().text()).toBe(200);
      expect(await reply.json()).toEqual({ path: '/batch' });
    }
    expect(await money.balanceOf(address)).toBe(9_900_000n);
  });

  it('and pays nothing in a token that it was not told of, or above its budget', async () => {
    const wallet = localWallet(new Uint8Array(nodeRandom(32)));
    const unpayable = new Assay({ gateway: gateway.url, policy: network.policy, wallet });
    await expect(unpayable.fetch(`${url}/exact`)).rejects.toMatchObject({ code: 'price' });
    const payable = [{ network: money.network, asset: money.token, decimals: 6 }];
    const budget = { perRequest: '0.001' };
    const frugal = new Assay({ gateway: gateway.url, policy: network.policy, wallet, payable, budget });
    await expect(frugal.fetch(`${url}/exact`)).rejects.toMatchObject({ code: 'budget' });
  });
});
