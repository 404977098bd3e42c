/** Both ways between us and the official x402 packages: their client pays our gateway, our client pays their server. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { randomBytes as nodeRandom } from 'node:crypto';
import { serve } from '@hono/node-server';
import { type LogRecord, signStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { DEV_FAUCET_KEY } from '@assay/pay/node';
import { x402Client } from '@x402/core/client';
import { x402Facilitator } from '@x402/core/facilitator';
import { toClientEvmSigner, toFacilitatorEvmSigner } from '@x402/evm';
import { BatchSettlementEvmScheme as BatchClient } from '@x402/evm/batch-settlement/client';
import { BatchSettlementEvmScheme as BatchFacilitator } from '@x402/evm/batch-settlement/facilitator';
import { BatchSettlementEvmScheme as BatchServer } from '@x402/evm/batch-settlement/server';
import { ExactEvmScheme as ExactClient } from '@x402/evm/exact/client';
import { ExactEvmScheme as ExactFacilitator } from '@x402/evm/exact/facilitator';
import { ExactEvmScheme as ExactServer } from '@x402/evm/exact/server';
import { wrapFetchWithPayment } from '@x402/fetch';
import { paymentMiddleware, x402ResourceServer } from '@x402/hono';
import { Hono } from 'hono';
import { createWalletClient, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestMoney } from '../../services/test/support/money.ts';
import { TestNetwork, until } from '../../services/test/support/network.ts';
import type { ServiceProcess } from '../../services/test/support/service-process.ts';
import { Assay, localWallet } from '../src/index.ts';

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
async function official(scheme: 'exact' | 'batch-settlement'): Promise<typeof fetch> {
  const account = privateKeyToAccount(generatePrivateKey());
  await money.give(account.address, 10_000_000n);
  const signer = toClientEvmSigner(account as never, money.client as never);
  const client = new x402Client().setSpendControls({
    allowedAssets: [{ network: money.network, asset: money.token, maxAmountPerPayment: '1000000' }],
  } as never);
  client.register(
    money.network,
    scheme === 'exact' ? new ExactClient(signer) : (new BatchClient(signer) as never),
  );
  return wrapFetchWithPayment(fetch, client) as typeof fetch;
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
  let server: Server;
  let url = '';

  beforeAll(async () => {
    const receiver = privateKeyToAccount(generatePrivateKey());
    const account = privateKeyToAccount(DEV_FAUCET_KEY);
    const chain = money.client.chain!;
    const sender = createWalletClient({ account, chain, transport: http(money.rpc.url) });
    const signer = toFacilitatorEvmSigner({
      address: account.address,
      readContract: (args: never) => money.client.readContract(args),
      verifyTypedData: (args: never) => money.client.verifyTypedData(args),
      getCode: (args: never) => money.client.getCode(args),
      writeContract: (args: never) => sender.writeContract(args),
      sendTransaction: (args: never) => sender.sendTransaction(args),
      waitForTransactionReceipt: (args: { hash: `0x${string}` }) => receiptOf(args.hash),
    } as never);
    const facilitator = new x402Facilitator()
      .register(money.network, new ExactFacilitator(signer))
      .register(money.network, new BatchFacilitator(signer, receiver as never) as never);
    const inProcess = {
      verify: (payload: never, requirements: never) => facilitator.verify(payload, requirements),
      settle: (payload: never, requirements: never) => facilitator.settle(payload, requirements),
      getSupported: () => Promise.resolve(facilitator.getSupported()),
    };
    const resources = new x402ResourceServer(inProcess as never)
      .register(money.network, new ExactServer())
      .register(
        money.network,
        new BatchServer(receiver.address, {
          receiverAuthorizerSigner: receiver,
          withdrawDelay: 900,
        } as never) as never,
      );
    const extra = { name: 'Simulated USD', version: '1', minDeposit: '50000' };
    const price = { amount: '2500', asset: money.token, extra };
    const offer = { network: money.network, payTo: receiver.address, price, maxTimeoutSeconds: 300 };
    const app = new Hono();
    app.use(
      paymentMiddleware(
        {
          'GET /exact': { accepts: [{ scheme: 'exact', ...offer }], description: 'exact' },
          'GET /batch': { accepts: [{ scheme: 'batch-settlement', ...offer }], description: 'batch' },
        } as never,
        resources,
      ),
    );
    app.get('/exact', (c) => c.json({ paid: 'exact' }));
    app.get('/batch', (c) => c.json({ paid: 'batch' }));
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  /** viem's own wait hangs now and then on a chain that makes a block per transaction. */
  async function receiptOf(hash: `0x${string}`): Promise<unknown> {
    for (;;) {
      try {
        return await money.client.getTransactionReceipt({ hash });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

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
    expect(await reply.json()).toEqual({ paid: 'exact' });
    expect(await money.balanceOf(address)).toBe(9_997_500n);
  });

  it('by batch-settlement: deposits once, then vouchers', async () => {
    const { assay, address } = await client();
    for (let i = 0; i < 3; i++) {
      const reply = await assay.fetch(`${url}/batch`);
      expect(reply.status, await reply.clone().text()).toBe(200);
      expect(await reply.json()).toEqual({ paid: 'batch' });
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
