/** A network of real processes on which model `scale` costs something, and clients that pay for it. */
import { randomBytes } from 'node:crypto';
import { type LogRecord, signStatement } from '@assay/core';
import { loadIdentity } from '@assay/core/node';
import { PAYMENT_SIGNATURE } from '@assay/pay';
import { join } from 'node:path';
import { TestMoney } from '../../../services/test/support/money.ts';
import { TestNetwork, until } from '../../../services/test/support/network.ts';
import type { ServiceProcess } from '../../../services/test/support/service-process.ts';
import {
  Assay,
  type AssayOptions,
  type Fetch,
  localWallet,
  memoryStore,
  type Wallet,
} from '../../src/index.ts';

const PRICE = { perRequest: '1000', perInputKib: '10', perOutputKib: '3' };
/** One request: 1 KiB begun of input and of output. */
export const COST = '1013';

/** A paid request as it would have gone out. */
export interface Caught {
  readonly url: string;
  readonly init: RequestInit;
}

/** The network. */
export class PaidNetwork {
  readonly network: TestNetwork;
  readonly money: TestMoney;
  gateway!: ServiceProcess;
  node!: ServiceProcess;
  wallet!: Wallet;

  #terms: Record<string, unknown> = {};

  private constructor(network: TestNetwork, money: TestMoney) {
    this.network = network;
    this.money = money;
  }

  /** @param terms  members of the gateway's money that are not the usual ones */
  static async start(terms: Record<string, unknown> = {}): Promise<PaidNetwork> {
    const network = await TestNetwork.start();
    const money = await TestMoney.start(network, ['gateway']);
    const made = new PaidNetwork(network, money);
    const v1 = await network.publish('v1', 2);
    await network.decide({ [v1.digest]: 10_000 });
    made.#terms = terms;
    made.node = await network.node('node-a');
    await made.startGateway();
    await until(() => network.follower.registry.leases.of(made.node.keyId, v1.digest) !== undefined);
    await until(async () => (await fetch(`${made.gateway.url}/v2/models/scale/ready`)).ok);
    const { signer } = loadIdentity(join(network.directory, 'gateway.json'));
    const nonce = randomBytes(16).toString('hex');
    const price = { model: network.model(), ...money.book, ...PRICE, feeBps: 500, nonce };
    await network.log.append(signStatement('price.publish', price, signer));
    await until(async () => 'price' in (await made.#told()));
    made.wallet = await made.funded();
    return made;
  }

  /** Starts the gateway, or starts it again. */
  async startGateway(): Promise<void> {
    const { network, money } = this;
    const own = { ...money.config(network.directory, 'gateway'), ...this.#terms };
    this.gateway = await network.gateway('gateway', { money: own, attemptTimeoutMs: 20_000 });
  }

  /** A wallet with tokens. */
  async funded(amount = 10_000_000n): Promise<Wallet> {
    const made = localWallet(new Uint8Array(randomBytes(32)));
    await this.money.give(made.owner.address, amount);
    return made;
  }

  client(change: Partial<AssayOptions> = {}): Assay {
    const { gateway, network, wallet } = this;
    const own = { gateway: gateway.url, policy: network.policy, followProofs: false, wallet, deposit: '2' };
    return new Assay({ ...own, ...change });
  }

  /** A paid request, signed and held back before it is sent. */
  async caught(id: string, change: Partial<AssayOptions> = {}): Promise<Caught> {
    let caught: Caught | undefined;
    const hold: Fetch = (url, init) => {
      if (!new Headers(init?.headers).has(PAYMENT_SIGNATURE)) return fetch(url, init);
      const { signal: _, ...rest } = init ?? {};
      caught = { url, init: rest };
      return Promise.reject(new TypeError('held back'));
    };
    const client = this.client({ fetch: hold, tries: 1, store: memoryStore(), ...change });
    await client.infer(ask(id)).catch(() => undefined);
    if (caught === undefined) throw new Error(`${id} was not paid for`);
    return caught;
  }

  chargesOf(receipt: string): (LogRecord & { kind: 'charge' })[] {
    return this.network.records.filter(
      (record) => record.kind === 'charge' && record.predicate.receipt === receipt,
    ) as (LogRecord & { kind: 'charge' })[];
  }

  releasesOf(receipt: string): (LogRecord & { kind: 'release' })[] {
    return this.network.records.filter(
      (record) => record.kind === 'release' && record.predicate.receipt === receipt,
    ) as (LogRecord & { kind: 'release' })[];
  }

  async stop(): Promise<void> {
    await this.network.stop();
    await this.money.stop();
  }

  async #told(): Promise<object> {
    return (await (await fetch(`${this.gateway.url}/assay/v1/models/scale/terms`)).json()) as object;
  }
}

/** What is asked: twice 21. */
export const ask = (id?: string) => ({
  model: 'scale',
  inputs: { x: [[21]] },
  ...(id === undefined ? {} : { id }),
});
