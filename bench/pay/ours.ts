/** Our own network for the bench: log, witness, one node, one gateway, each as in production, and the chain beside them. */
import { randomBytes as nodeRandom } from 'node:crypto';
import { join } from 'node:path';
import { signStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { Assay, localWallet } from '@assay/sdk';
import { TestMoney } from '../../packages/services/test/support/money.ts';
import { TestNetwork, until } from '../../packages/services/test/support/network.ts';
import type { ServiceProcess } from '../../packages/services/test/support/service-process.ts';

/** What is measured. */
export interface Ours {
  readonly network: TestNetwork;
  readonly money: TestMoney;
  gateway: ServiceProcess;
  readonly node: ServiceProcess;
  /** Gives the model its price, after which it is free no more. */
  price(): Promise<void>;
  client(change?: Partial<ConstructorParameters<typeof Assay>[0]>): Promise<Assay>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts everything and waits until it serves. */
export async function startOurs(): Promise<Ours> {
  const network = await TestNetwork.start();
  const money = await TestMoney.start(network, ['gateway']);
  const v1 = await network.publish('v1', 2);
  await network.decide({ [v1.digest]: 10_000 });
  const free = await network.publish('free', 3, 'free');
  await network.decide({ [free.digest]: 10_000 }, `${network.model('free')}/prod`);
  // Followed as often as on a network of "assay up".
  const follow = { url: network.log.url, policy: network.policyFile, pollMs: 100 };
  const node = await network.node('node-a', { log: follow });
  const start = (): Promise<ServiceProcess> =>
    network.gateway('gateway', {
      log: follow,
      money: money.config(network.directory, 'gateway'),
      attemptTimeoutMs: 20_000,
    });
  const ours: Ours = {
    network,
    money,
    gateway: await start(),
    node,
    price: () => publishPrice(ours),
    client: (change) => clientOf(ours, change),
    restart: async () => {
      await ours.gateway.end('SIGKILL');
      ours.gateway = await start();
    },
    stop: async () => {
      await network.stop();
      await money.stop();
    },
  };
  for (const { digest } of [v1, free])
    await until(() => network.follower.registry.leases.of(node.keyId, digest) !== undefined);
  for (const model of ['scale', 'free'])
    await until(async () => (await fetch(`${ours.gateway.url}/v2/models/${model}/ready`)).ok);
  return ours;
}

async function publishPrice({ network, money, gateway }: Ours): Promise<void> {
  const { signer } = loadIdentity(join(network.directory, 'gateway.json'));
  const nonce = nodeRandom(16).toString('hex');
  const prices = { perRequest: '1000', perInputKib: '10', perOutputKib: '3', feeBps: 500 };
  const price = { model: network.model(), ...money.book, ...prices, nonce };
  await network.log.append(signStatement('price.publish', price, signer));
  const terms = `${gateway.url}/assay/v1/models/scale/terms`;
  await until(async () => 'price' in ((await (await fetch(terms)).json()) as object));
}

async function clientOf(
  { network, money, gateway }: Ours,
  change: Partial<ConstructorParameters<typeof Assay>[0]> = {},
): Promise<Assay> {
  const wallet = localWallet(new Uint8Array(nodeRandom(32)));
  await money.give(wallet.owner.address, 100_000_000n);
  const { policy } = network;
  return new Assay({
    gateway: gateway.url,
    policy,
    wallet,
    deposit: '50',
    followProofs: false,
    ...change,
  });
}
