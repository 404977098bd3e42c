/** A chain, a log, a witness and everybody who deals with money, all real; only the gateway's HTTP is left out. */
import { rmSync } from 'node:fs';
import { type Predicate, hex, openStatement, randomBytes, systemClock, unixSeconds } from '@assay/core';
import {
  type Order,
  bytes32Of,
  feeOf,
  orderDigest,
  orderHash,
  paymentSigner,
  priceOf,
  receiptPaymentDigest,
  voucherDigest,
} from '@assay/core/money';
import { createIdentity } from '@assay/core/node';
import { type SettlementTerms, devAddress, devDeployedAt } from '@assay/pay/node';
import { joinEntry } from '../../../src/participant/index.ts';
import { type SettlerConfig } from '../../../src/settler/config.ts';
import {
  type Answer,
  CHAIN_ID,
  DOMAIN,
  MAC,
  NETWORK,
  ORIGIN,
  type Payer,
  STREAM,
  TERMS,
  TOKEN,
  USAGE,
  VAULT,
  entropy,
} from './lab-terms.ts';
import { LabLog } from './lab-log.ts';

export { CHAIN_ID, NETWORK, type Payer, TERMS, TOKEN, VAULT } from './lab-terms.ts';

/** The lab. */
export class MoneyLab extends LabLog {
  book = '';
  price = 0n;
  #requests = 0;
  #sequence = 0;
  #previous: string | undefined;
  #version = '';
  #decision = '';

  static async start(terms: SettlementTerms = TERMS): Promise<MoneyLab> {
    const lab = new MoneyLab();
    for (const name of ['owner', 'gateway', 'node', 'agent', 'settler', 'operator', 'witness'])
      lab.people.set(name, createIdentity(lab.path(`${name}.json`), entropy));
    await lab.startChain(terms);
    await lab.startLog();
    await lab.#begin();
    return lab;
  }

  get model(): string {
    return `${this.identity('owner').keyId}/vol`;
  }

  get version(): string {
    return this.#version;
  }

  /** What a settler of this lab is configured with. */
  settlerConfig(terms: SettlementTerms = TERMS, rpc = this.anvil.rpc.url): SettlerConfig {
    return {
      name: 'settler',
      listen: '127.0.0.1:0',
      identity: this.path('settler.json'),
      transactions: this.path('settler.db'),
      log: { url: this.log.url, policy: this.path('policy'), origin: ORIGIN, pollMs: 30 },
      chain: {
        rpc,
        chainId: CHAIN_ID,
        token: TOKEN,
        vault: VAULT,
        registry: devAddress('ParticipantRegistry'),
        anchor: devAddress('CheckpointAnchor'),
        treasury: this.address('gateway'),
        confirmations: 1,
        deployedAt: devDeployedAt('SettlementVault'),
      },
      witnesses: [{ url: this.witness.url, address: this.address('witness') }],
      quorum: 1,
      terms,
      batch: { charges: 10_000, credits: 100, captures: 200 },
    };
  }

  /** Charges that stand in no logged batch and are not withheld. */
  get unsettled(): number {
    const { settlements, charges } = this.books.money;
    return charges.filter((charge) => {
      return settlements.batchOf(charge) === undefined && !settlements.isWithheld(charge);
    }).length;
  }

  /** Somebody joins, with a key that is made for it where there is none. */
  async joins(name: string, role: Predicate<'participant.join'>['roles'][number]): Promise<void> {
    if (!this.people.has(name)) this.people.set(name, createIdentity(this.path(`${name}.json`), entropy));
    const entry = joinEntry(this.identity(name), { roles: [role], name, endpoints: [] });
    await this.log.append(entry);
    await this.view.waitFor(openStatement(entry).id, 'sequenced', 20_000);
  }

  /** Receipts whose charges are withheld. */
  get withheld(): string[] {
    const { settlements, charges } = this.books.money;
    return charges.filter((charge) => settlements.isWithheld(charge)).map(({ output }) => output.id);
  }

  /** What a gateway asks: the same as all. Returns its price book. */
  publishPrice(gateway: string): Promise<string> {
    return this.say(gateway, 'price.publish', this.#prices);
  }

  /** An incident over the lab's version. @param times  outputs recorded from here on, in Unix seconds */
  incident(name = 'owner', from = 0): Promise<string> {
    const nonce = hex(randomBytes(16));
    return this.say(name, 'incident.open', { versions: [this.version], from, nonce });
  }

  /** An answer of the node to `payer`, delivered and logged. */
  async answer(payer: Payer): Promise<Answer> {
    const requestId = `req-${this.#requests++}`;
    const session = this.session(payer.address);
    const order: Order = {
      paymentChannel: payer.paymentChannel,
      requestId,
      requestHash: bytes32Of(MAC),
      channel: `${this.model}/prod`,
      target: bytes32Of(this.#decision),
      priceBook: bytes32Of(this.book),
      maxAmount: '100000',
      deadline: String(unixSeconds(systemClock) + 600),
    };
    const signed = { ...order, signature: session.sign(orderDigest(DOMAIN, order)), by: session.address };
    const receipt = await this.#receipt(requestId, payer.address, orderHash(DOMAIN, order));
    return { receipt, order: signed, payer };
  }

  /** The charge of an answer whose receipt is witnessed. */
  async charge({ receipt, order, payer }: Answer): Promise<string> {
    payer.cumulative += this.price;
    const ceiling = payer.cumulative + 50_000n;
    const signature = this.session(payer.address).sign(
      voucherDigest(payer.paymentChannel, ceiling, CHAIN_ID),
    );
    return this.say('gateway', 'charge', {
      receipt,
      scheme: 'batch-settlement',
      network: NETWORK,
      payer: payer.address,
      amount: String(this.price),
      fee: String(feeOf({ feeBps: 500 }, this.price)),
      priceBook: this.book,
      order,
      batch: {
        paymentChannel: payer.paymentChannel,
        config: payer.config,
        voucher: { maxClaimableAmount: String(ceiling), signature },
        cumulative: String(payer.cumulative),
      },
    });
  }

  /** Answers and charges, one for each payer named; returns the receipts. */
  async charged(...payers: readonly Payer[]): Promise<string[]> {
    const answers: Answer[] = [];
    for (const payer of payers) answers.push(await this.answer(payer));
    await this.witnessed();
    for (const answer of answers) await this.charge(answer);
    return answers.map(({ receipt }) => receipt);
  }

  /** An answer paid by `exact`, without an order. */
  async exactAnswer(payer: string): Promise<string> {
    return this.#receipt(`req-${this.#requests++}`, payer, undefined);
  }

  async stop(): Promise<void> {
    await this.faucet[Symbol.asyncDispose]();
    await this.view.stop();
    await this.server.stop();
    await this.witness.stop();
    await this.anvil.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #receipt(requestId: string, client: string, order: string | undefined): Promise<string> {
    const now = systemClock.now();
    const newest = this.view.notBefore;
    if (newest === undefined) throw new Error('no checkpoint yet');
    const predicate: Predicate<'output.receipt'> = {
      request: { id: requestId, client, hash: MAC },
      attempt: 0,
      model: this.model,
      target: { channel: `${this.model}/prod`, decision: this.#decision },
      version: this.#version,
      input: MAC,
      output: MAC,
      stream: STREAM,
      sequence: String(this.#sequence++),
      ...(this.#previous === undefined ? {} : { previous: this.#previous }),
      accepted: now,
      finished: now,
      notBefore: newest,
      finish: 'stop',
      usage: USAGE,
      parameters: {},
      runtime: { name: 'ort', version: '1', platform: 'test', provider: 'cpu', threads: 1 },
      verification: 'signed',
      ...(order === undefined ? {} : { order }),
      amount: String(this.price),
    };
    const node = this.identity('node');
    const digest = receiptPaymentDigest(DOMAIN, node.keyId, predicate);
    const paymentSignature = paymentSigner(node.paymentSecret).sign(digest).slice(2);
    const id = await this.say('node', 'output.receipt', { ...predicate, paymentSignature });
    this.#previous = id;
    await this.say('gateway', 'request.deliver', { receipt: id, bytesSent: '4' });
    return id;
  }

  async #begin(): Promise<void> {
    for (const [name, role] of [
      ['owner', 'owner'],
      ['gateway', 'gateway'],
      ['node', 'node'],
      ['agent', 'agent'],
    ] as const) {
      await this.joins(name, role);
    }
    const { model } = this;
    this.#version = `sha256:${'a'.repeat(64)}`;
    await this.say('owner', 'model.create', { model });
    await this.say('owner', 'version.publish', {
      model,
      version: this.#version,
      label: 'v1',
      blob: { id: 'b'.repeat(64), size: '1' },
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
      licence: 'Apache-2.0',
    });
    const nonce = hex(randomBytes(16));
    this.#decision = await this.say('owner', 'channel.decide', {
      channel: `${model}/prod`,
      to: { [this.#version]: 10_000 },
      nonce,
    });
    this.price = priceOf(this.#prices, USAGE);
    this.book = await this.publishPrice('gateway');
    await this.witnessed();
  }

  get #prices(): Predicate<'price.publish'> {
    return {
      model: this.model,
      network: NETWORK,
      asset: TOKEN,
      vault: VAULT,
      receiverAuthorizer: this.address('settler'),
      perRequest: '1000',
      perInputKib: '10',
      perOutputKib: '20',
      feeBps: 500,
      nonce: hex(randomBytes(16)),
    };
  }
}
