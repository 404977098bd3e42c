/** A chain, a log, a witness and everybody who deals with money, all real; only the gateway's HTTP is left out. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ed25519Signer,
  fromHex,
  hex,
  type Kind,
  openStatement,
  type Predicate,
  randomBytes,
  signStatement,
  systemClock,
  unixSeconds,
} from '@assay/core';
import {
  addressOfPaymentKey,
  assayDomain,
  bytes32Of,
  type ChannelConfig,
  DEPOSIT_COLLECTOR_ADDRESS,
  depositNonce,
  feeOf,
  type Order,
  orderDigest,
  orderHash,
  paymentChannelId,
  paymentSigner,
  priceOf,
  receiptPaymentDigest,
  receiveDigest,
  transferDigest,
  voucherDigest,
} from '@assay/core/money';
import { createIdentity, type Identity } from '@assay/core/node';
import { ed25519Cosigner, ed25519NoteSigner, formatVkey } from '@assay/log';
import { openWitnessSeed } from '@assay/log/node';
import {
  type Anvil,
  approveCall,
  DEV_FAUCET_KEY,
  deployDevContracts,
  devAddress,
  devDeployedAt,
  devBatchSettlementAbi,
  devTokenAbi,
  genesisArguments,
  openTxOutbox,
  publicClient,
  type PublicClient,
  readTokenBalance,
  type SettlementTerms,
  settlementVaultAbi,
  stakeCall,
  startAnvil,
  type TxOutbox,
  VaultReads,
} from '@assay/pay/node';
import { encodeAbiParameters, encodeFunctionData } from 'viem';
import { Follower } from '../../../src/follow/index.ts';
import { LogClient } from '../../../src/log-client/index.ts';
import { parseLogServerConfig } from '../../../src/log-server/config.ts';
import { type RunningLogServer, startLogServer } from '../../../src/log-server/start.ts';
import { joinEntry } from '../../../src/participant/index.ts';
import type { SettlerConfig } from '../../../src/settler/config.ts';
import { SettlerBooks } from '../../../src/settler/settler-books.ts';
import { type RunningWitness, startWitness } from '../../../src/witness/start.ts';
import { nobleSecp256k1 } from '@assay/core/money';
import { parsePolicy } from '@assay/log';

export const CHAIN_ID = 31_337;
export const NETWORK = `eip155:${CHAIN_ID}`;
export const TOKEN = devAddress('DevToken');
export const VAULT = devAddress('SettlementVault');
const ORIGIN = 'log.example/money';
const entropy = { bytes: randomBytes };
const STREAM = 'ab'.repeat(16);
const MAC = `hmac-sha256:${'7'.repeat(64)}`;
const USAGE = { inputBytes: '88', outputBytes: '4', computeMicros: '950' };

export const TERMS: SettlementTerms = {
  settlementPeriod: 1,
  hold: 300,
  audit: 100,
  dispute: 60,
  veto: 1,
  unbonding: 400,
  withdrawDelay: 900,
};

/** Who pays: a wallet, a session key, a payment channel with a deposit. */
export interface Payer {
  readonly address: string;
  readonly config: ChannelConfig;
  readonly paymentChannel: string;
  cumulative: bigint;
}

/** An answer that was delivered and not charged yet. */
export interface Answer {
  readonly receipt: string;
  readonly order: NonNullable<Predicate<'charge'>['order']>;
  readonly payer: Payer;
}

/** The lab. */
export class MoneyLab {
  readonly dir = mkdtempSync(join(tmpdir(), 'assay-settler-'));
  readonly people = new Map<string, Identity>();
  anvil!: Anvil;
  client!: PublicClient;
  log!: LogClient;
  books!: SettlerBooks;
  reads!: VaultReads;
  book = '';
  price = 0n;
  #server!: RunningLogServer;
  #witness!: RunningWitness;
  #view!: Follower;
  #faucet!: TxOutbox;
  #requests = 0;
  #sequence = 0;
  #previous: string | undefined;
  #version = '';
  #decision = '';

  static async start(terms: SettlementTerms = TERMS): Promise<MoneyLab> {
    const lab = new MoneyLab();
    for (const name of ['owner', 'gateway', 'node', 'agent', 'settler', 'operator', 'witness'])
      lab.people.set(name, createIdentity(lab.path(`${name}.json`), entropy));
    await lab.#startChain(terms);
    await lab.#startLog();
    await lab.#begin();
    return lab;
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  identity(name: string): Identity {
    return this.people.get(name) as Identity;
  }

  address(name: string): string {
    return addressOfPaymentKey(this.identity(name).paymentKey);
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
      witnesses: [{ url: this.#witness.url, address: this.address('witness') }],
      quorum: 1,
      terms,
    };
  }

  async say<K extends Kind>(name: string, kind: K, predicate: Predicate<K>): Promise<string> {
    const entry = signStatement(kind, predicate, this.identity(name).signer);
    const { id } = await this.log.append(entry);
    await this.#view.waitFor(id, 'sequenced', 20_000);
    return id;
  }

  /** Resolves once a checkpoint over everything so far is witnessed and itself logged. */
  async witnessed(): Promise<void> {
    const size = this.books.timeline.size;
    await this.until(() => (this.books.checkpoint?.size ?? 0) >= size, 'a logged witnessed checkpoint');
  }

  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (const deadline = performance.now() + 90_000; !(await condition());) {
      if (performance.now() > deadline) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  balanceOf(address: string): Promise<bigint> {
    return readTokenBalance(this.client, TOKEN, address as `0x${string}`);
  }

  /** A payer with `deposit` in a payment channel. */
  async payer(number: number, deposit: bigint): Promise<Payer> {
    const wallet = this.#wallet(number);
    const config: ChannelConfig = {
      payer: wallet.address,
      payerAuthorizer: this.#session(wallet.address).address,
      receiver: VAULT,
      receiverAuthorizer: this.address('settler'),
      token: TOKEN,
      withdrawDelay: TERMS.withdrawDelay,
      salt: `0x${'0'.repeat(64)}`,
    };
    const paymentChannel = paymentChannelId(config, CHAIN_ID);
    await this.mint(wallet.address, deposit);
    const salt = `0x${'1'.repeat(64)}`;
    const nonce = depositNonce(paymentChannel, salt);
    const validBefore = BigInt(unixSeconds(systemClock) + 600);
    const authorization = {
      from: wallet.address,
      to: DEPOSIT_COLLECTOR_ADDRESS,
      value: deposit,
      validAfter: 0n,
      validBefore,
      nonce,
    };
    const signature = wallet.sign(receiveDigest(TOKEN_DOMAIN, authorization));
    const collectorData = encodeAbiParameters(
      [{ type: 'uint256' }, { type: 'uint256' }, { type: 'uint256' }, { type: 'bytes' }],
      [0n, validBefore, BigInt(salt), signature],
    );
    const args = [config as never, deposit, DEPOSIT_COLLECTOR_ADDRESS, collectorData] as const;
    const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'deposit', args });
    await this.#faucet.send({
      key: `deposit ${paymentChannel}`,
      to: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003',
      data,
    });
    return { address: wallet.address, config, paymentChannel, cumulative: 0n };
  }

  async mint(to: string, amount: bigint): Promise<void> {
    const args = [to as `0x${string}`, amount] as const;
    const data = encodeFunctionData({ abi: devTokenAbi, functionName: 'mint', args });
    await this.#faucet.send({ key: `mint ${to} ${amount} ${this.#requests}`, to: TOKEN, data });
  }

  /** The payer's own wish to leave, as its wallet sends it. */
  async initiateWithdraw(payer: Payer, amount: bigint): Promise<void> {
    const args = [payer.config as never, amount] as const;
    const data = encodeFunctionData({ abi: devBatchSettlementAbi, functionName: 'initiateWithdraw', args });
    await this.#sendAs(payer.address, '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003', data);
  }

  /** The node bonds money that it may lose. */
  async stake(amount: bigint): Promise<void> {
    const node = this.address('node');
    const registry = devAddress('ParticipantRegistry');
    await this.mint(node, amount);
    const { to, data } = approveCall(TOKEN, registry, amount);
    await this.#sendAs(node, to, data);
    await this.#sendAs(node, registry, stakeCall(registry, node, amount).data);
  }

  /** The vetoer stops a refund. @param name  as the vault knows it */
  async veto(name: string): Promise<void> {
    const args = [name as `0x${string}`] as const;
    const data = encodeFunctionData({ abi: settlementVaultAbi, functionName: 'vetoRefund', args });
    await this.#sendAs(this.address('operator'), VAULT, data);
  }

  /** The chain's clock goes on. */
  async later(seconds: number): Promise<void> {
    await this.anvil.rpc.call('evm_increaseTime', [seconds]);
    await this.anvil.rpc.call('evm_mine');
  }

  /** Charges that stand in no logged batch. */
  get unsettled(): number {
    const { batches, charges } = this.books.money;
    const covered = Math.max(0, ...batches.map(({ predicate }) => Number(predicate.to)));
    return charges.filter(({ index }) => index >= covered).length;
  }

  /** An incident over the lab's version. @param times  outputs recorded from here on, in Unix seconds */
  incident(name = 'owner', from = 0): Promise<string> {
    const nonce = hex(randomBytes(16));
    return this.say(name, 'incident.open', { versions: [this.version], from, nonce });
  }

  /** As anybody's own wallet sends it. */
  async #sendAs(from: string, to: string, data: string): Promise<void> {
    await this.anvil.rpc.call('anvil_impersonateAccount', [from]);
    await this.anvil.rpc.call('anvil_setBalance', [from, '0xde0b6b3a7640000']);
    await this.anvil.rpc.call('eth_sendTransactionSync', [{ from, to, data }]);
    await this.anvil.rpc.call('anvil_stopImpersonatingAccount', [from]);
  }

  /** An answer of the node to `payer`, delivered and logged. */
  async answer(payer: Payer): Promise<Answer> {
    const requestId = `req-${this.#requests++}`;
    const session = this.#session(payer.address);
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
    const signature = this.#session(payer.address).sign(
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

  /** An `exact` payment of `value`, brought into the vault. Returns its transaction and nonce. */
  async exact(number: number, value: bigint): Promise<{ payer: string; tx: string; nonce: string }> {
    const wallet = this.#wallet(number);
    await this.mint(wallet.address, value);
    const nonce = `0x${hex(randomBytes(32))}` as const;
    const validBefore = BigInt(unixSeconds(systemClock) + 600);
    const authorization = { from: wallet.address, to: VAULT, value, validAfter: 0n, validBefore, nonce };
    const signature = wallet.sign(transferDigest(TOKEN_DOMAIN, authorization));
    const args = [wallet.address, value, 0n, validBefore, nonce, signature] as const;
    const data = encodeFunctionData({ abi: settlementVaultAbi, functionName: 'acceptExact', args });
    const sent = await this.#faucet.send({ key: `exact ${nonce}`, to: VAULT, data });
    return { payer: wallet.address, tx: sent.mined?.hash ?? '', nonce };
  }

  /** An answer paid by `exact`, without an order. */
  async exactAnswer(payer: string): Promise<string> {
    return this.#receipt(`req-${this.#requests++}`, payer, undefined);
  }

  async stop(): Promise<void> {
    await this.#faucet[Symbol.asyncDispose]();
    await this.#view.stop();
    await this.#server.stop();
    await this.#witness.stop();
    await this.anvil.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }

  #wallet = (number: number) => paymentSigner(fromHex(number.toString(16).padStart(64, '0')));
  #session = (address: string) => paymentSigner(fromHex(address.slice(2).padStart(64, '1')));

  async #receipt(requestId: string, client: string, order: string | undefined): Promise<string> {
    const now = systemClock.now();
    const newest = this.#view.notBefore;
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

  async #startChain(terms: SettlementTerms): Promise<void> {
    this.anvil = await startAnvil({ chainId: CHAIN_ID });
    await deployDevContracts(this.anvil.rpc, {
      chainId: CHAIN_ID,
      arguments: genesisArguments({
        terms,
        origin: ORIGIN,
        settler: this.address('settler') as `0x${string}`,
        vetoer: this.address('operator') as `0x${string}`,
        treasury: this.address('gateway') as `0x${string}`,
        witnesses: [this.address('witness') as `0x${string}`],
        quorum: 1,
        bond: 10_000n,
        slashBps: 5_000,
      }),
      funded: ['settler', 'gateway', 'node'].map((name) => this.address(name) as `0x${string}`),
    });
    this.client = publicClient(this.anvil.rpc, CHAIN_ID);
    const contracts = {
      token: TOKEN,
      vault: VAULT,
      registry: devAddress('ParticipantRegistry'),
      anchor: devAddress('CheckpointAnchor'),
    };
    this.reads = new VaultReads(this.client, contracts);
    this.#faucet = openTxOutbox({
      path: this.path('faucet.db'),
      rpc: this.anvil.rpc,
      chainId: CHAIN_ID,
      secret: fromHex(DEV_FAUCET_KEY.slice(2)),
      confirmations: 1,
      clock: systemClock,
    });
    this.#faucet.start();
  }

  async #startLog(): Promise<void> {
    const seed = openWitnessSeed(this.path('log.seed'), entropy);
    const logVkey = formatVkey(ed25519NoteSigner(ORIGIN, ed25519Signer(seed)).key);
    const name = 'witness.example/money';
    this.#witness = await startWitness(
      {
        listen: '127.0.0.1:0',
        name,
        seedFile: this.path('witness.seed'),
        database: this.path('witness.db'),
        logs: [{ vkey: logVkey }],
        anchor: { identity: this.path('witness.json'), targets: [{ chainId: CHAIN_ID, vault: VAULT }] },
      },
      systemClock,
      entropy,
    );
    const cosigner = ed25519Cosigner(
      name,
      ed25519Signer(openWitnessSeed(this.path('witness.seed'), entropy)),
    );
    const policy = `log ${logVkey}\nwitness w1 ${formatVkey(cosigner.key)} ${this.#witness.url}\nquorum w1\n`;
    writeFileSync(this.path('policy'), policy);
    const config = parseLogServerConfig(
      {
        listen: '127.0.0.1:0',
        origin: ORIGIN,
        directory: this.path('log'),
        seedFile: this.path('log.seed'),
        operatorKeyFile: this.path('operator.json'),
        policyFile: this.path('policy'),
        checkpointInterval: 50,
        refreshInterval: 1_000,
      },
      'test',
    );
    this.#server = await startLogServer(config, { clock: systemClock, entropy, onTrouble: () => undefined });
    this.log = new LogClient(this.#server.url);
    this.books = new SettlerBooks(parsePolicy(policy), nobleSecp256k1);
    this.#view = new Follower({
      log: this.log,
      policy: parsePolicy(policy),
      clock: systemClock,
      pollMs: 20,
      onRecord: (record, { entry }) => this.books.apply(record, entry),
    });
    this.#view.start();
  }

  async #begin(): Promise<void> {
    for (const [name, role] of [
      ['owner', 'owner'],
      ['gateway', 'gateway'],
      ['node', 'node'],
      ['agent', 'agent'],
    ] as const) {
      const entry = joinEntry(this.identity(name), { roles: [role], name, endpoints: [] });
      await this.log.append(entry);
      await this.#view.waitFor(openStatement(entry).id, 'sequenced', 20_000);
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
    const book = {
      model,
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
    this.price = priceOf(book, USAGE);
    this.book = await this.say('gateway', 'price.publish', book);
    await this.witnessed();
  }
}

const DOMAIN = assayDomain(CHAIN_ID, VAULT);
const TOKEN_DOMAIN = { name: 'Simulated USD', version: '1', chainId: CHAIN_ID, verifyingContract: TOKEN };
