/** What a gateway asks and tells the chain: standings of payment channels, deposits, and `exact` payments into the vault. */
import type { Clock } from '@assay/core';
import {
  type ChannelConfig,
  type ChannelFacts,
  type VerifiedAuthorization,
  type VerifiedDeposit,
} from '@assay/pay';
import {
  depositCall,
  openTxOutbox,
  publicClient,
  readPaymentChannel,
  type Rpc,
  rpcClient,
  settlementVaultAbi,
  type TxOutbox,
} from '@assay/pay/node';
import type { Logger } from 'pino';
import { encodeFunctionData, type PublicClient } from 'viem';
import type { MoneyConfig } from './money-config.ts';

/** How long a channel's standing is believed before it is read again behind the requests, in milliseconds. */
const FRESH_MS = 5_000;
/** How long it is believed at all: far below any withdraw delay. */
const STALE_MS = 60_000;

/** What chain access is opened with. */
export interface ChainOptions {
  readonly money: MoneyConfig;
  readonly chainId: number;
  /** Secret of the gateway's payment key, which sends the transactions. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Known {
  readonly facts: ChannelFacts;
  readonly readAt: number;
}

/** The chain of one gateway. */
export class ChainAccess implements AsyncDisposable {
  readonly #options: ChainOptions;
  readonly #rpc: Rpc;
  readonly #client: PublicClient;
  readonly #outbox: TxOutbox;
  readonly #channels = new Map<string, Known>();
  readonly #reading = new Map<string, Promise<ChannelFacts>>();

  constructor(options: ChainOptions) {
    const { money, chainId, secret, clock, log } = options;
    this.#options = options;
    this.#rpc = rpcClient(money.rpc);
    this.#client = publicClient(this.#rpc, chainId);
    this.#outbox = openTxOutbox({
      path: money.transactions,
      rpc: this.#rpc,
      chainId,
      secret,
      confirmations: money.confirmations,
      clock,
      onError: (error) => log.warn({ err: error }, 'asking the chain'),
    });
  }

  /** Begins to send what an earlier process kept. */
  start(): void {
    this.#outbox.start();
  }

  /** What the chain said of a payment channel, seconds ago at most; asked now when that is not known. */
  async channel(id: `0x${string}`): Promise<ChannelFacts> {
    const known = this.#channels.get(id);
    const age = known === undefined ? Infinity : this.#options.clock.now() - known.readAt;
    if (known === undefined || age > STALE_MS) return this.#read(id);
    if (age > FRESH_MS) {
      this.#read(id).catch((error: unknown) =>
        this.#options.log.warn({ err: error }, 'reading a payment channel'),
      );
    }
    return known.facts;
  }

  /**
   * Puts a deposit onto the chain and waits until it is mined; the same authorization again is the same deposit.
   *
   * @throws TxError, RpcError
   */
  async deposit(id: `0x${string}`, config: ChannelConfig, deposit: VerifiedDeposit): Promise<ChannelFacts> {
    const call = depositCall(config, deposit);
    await this.#outbox.send({ key: `deposit ${id} ${deposit.nonce}`, ...call });
    return this.#read(id);
  }

  /** Brings an `exact` payment into the vault, where it is held; the transaction's hash. @throws TxError, RpcError */
  async acceptExact(authorization: VerifiedAuthorization): Promise<string> {
    const { from, value, validAfter, validBefore, nonce, signature } = authorization;
    const data = encodeFunctionData({
      abi: settlementVaultAbi,
      functionName: 'acceptExact',
      args: [from, value, validAfter, validBefore, nonce, signature],
    });
    const { money } = this.#options;
    const record = await this.#outbox.send({ key: exactKey(from, nonce), to: money.vault, data });
    return record.mined?.hash ?? '';
  }

  /** The hash of an `exact` payment that was mined and did not revert. */
  exactPaid(payer: string, nonce: string): string | undefined {
    const mined = this.#outbox.get(exactKey(payer, nonce))?.mined;
    return mined === undefined || mined.reverted ? undefined : mined.hash;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outbox[Symbol.asyncDispose]();
    this.#rpc.close();
  }

  #read(id: `0x${string}`): Promise<ChannelFacts> {
    const reading = this.#reading.get(id) ?? this.#readNow(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async #readNow(id: `0x${string}`): Promise<ChannelFacts> {
    const { balance, totalClaimed, withdrawal } = await readPaymentChannel(this.#client, id);
    const facts = { balance, totalClaimed, withdrawRequestedAt: withdrawal?.initiatedAt ?? 0 };
    if (this.#channels.size >= 65_536) this.#channels.clear();
    this.#channels.set(id, { facts, readAt: this.#options.clock.now() });
    return facts;
  }
}

const exactKey = (payer: string, nonce: string): string => `exact ${payer} ${nonce}`;
