/** An embedded chain for tests of paid requests: the chain's own process, a settler's address, and people with tokens. */
import { join } from 'node:path';
import { randomBytes } from '@assay/core';
import { addressOfPaymentKey, BATCH_SETTLEMENT_ADDRESS } from '@assay/core/money';
import { createIdentity, type Identity } from '@assay/core/node';
import {
  DEV_FAUCET_KEY,
  devAddress,
  devTokenAbi,
  openTxOutbox,
  publicClient,
  readPaymentChannel,
  readTokenBalance,
  type Rpc,
  rpcClient,
  type TxOutbox,
} from '@assay/pay/node';
import { encodeFunctionData, type PublicClient } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { systemClock } from '@assay/core';
import type { TestNetwork } from './network.ts';
import { ServiceProcess } from './service-process.ts';

const CHAIN_ID = 31_337;
const FAUCET = privateKeyToAddress(DEV_FAUCET_KEY);

interface Given {
  readonly process: ServiceProcess;
  readonly settler: Identity;
  readonly directory: string;
  readonly readyMs: number;
}

/** How the contracts of a test chain are made: one account is settler, vetoer and witness. */
export function genesisOf(
  origin: string,
  { settler, treasury }: { readonly settler: string; readonly treasury: string },
): object {
  return {
    terms: {
      settlementPeriod: 3,
      hold: 900,
      audit: 600,
      dispute: 60,
      veto: 2,
      unbonding: 1_000,
      withdrawDelay: 900,
    },
    origin,
    settler,
    vetoer: settler,
    treasury,
    witnesses: [settler],
    quorum: 1,
    bond: '10000',
    slashBps: 5_000,
  };
}

/** A chain that stands beside a `TestNetwork`. */
export class TestMoney {
  readonly client: PublicClient;
  readonly rpc: Rpc;
  readonly network = `eip155:${CHAIN_ID}` as const;
  readonly token = devAddress('DevToken').toLowerCase() as `0x${string}`;
  readonly vault = devAddress('SettlementVault').toLowerCase() as `0x${string}`;
  readonly settler: Identity;
  /** From the start of the chain's process to its first answer that shows every contract in its place, in milliseconds. */
  readonly readyMs: number;
  readonly #process: ServiceProcess;
  readonly #faucet: TxOutbox;
  #gifts = 0;

  private constructor({ process, settler, directory, readyMs }: Given) {
    this.readyMs = readyMs;
    this.#process = process;
    this.settler = settler;
    this.rpc = rpcClient(process.url);
    this.client = publicClient(this.rpc, CHAIN_ID);
    this.#faucet = openTxOutbox({
      path: join(directory, 'faucet.db'),
      rpc: this.rpc,
      chainId: CHAIN_ID,
      secret: new Uint8Array(Buffer.from(DEV_FAUCET_KEY.slice(2), 'hex')),
      confirmations: 1,
      clock: systemClock,
    });
    this.#faucet.start();
  }

  /** @param gateways  names of gateways to come; their keys are made here, so that they have ether */
  static async start(
    network: Pick<TestNetwork, 'directory'>,
    gateways: readonly string[],
  ): Promise<TestMoney> {
    const { directory } = network;
    const entropy = { bytes: randomBytes };
    const identity = (name: string): Identity => createIdentity(join(directory, `${name}.json`), entropy);
    const settler = identity('settler');
    const keys = gateways.map(identity);
    const address = (of: Identity): string => addressOfPaymentKey(of.paymentKey);
    const began = performance.now();
    const process = await ServiceProcess.start('chain', join(directory, 'chain.config.json'), {
      listen: '127.0.0.1:0',
      database: join(directory, 'chain.db'),
      chainId: CHAIN_ID,
      funded: [FAUCET, address(settler), ...keys.map(address)],
      genesis: genesisOf('log.example/serving', {
        settler: address(settler),
        treasury: address(keys[0] ?? settler),
      }),
    });
    const readyMs = await readyWhen(process.url, began);
    return new TestMoney({ process, settler, directory, readyMs });
  }

  /** The member `money` of a gateway's configuration. */
  config(directory: string, name: string): Record<string, unknown> {
    return {
      network: this.network,
      rpc: this.#process.url,
      token: { address: this.token, symbol: 'simUSD', decimals: 6, name: 'Simulated USD', version: '1' },
      vault: this.vault,
      receiverAuthorizer: addressOfPaymentKey(this.settler.paymentKey),
      withdrawDelay: 900,
      transactions: join(directory, `${name}.transactions.db`),
    };
  }

  /** The members of a `price.publish` that do not depend on the price. */
  get book(): { network: string; asset: string; vault: string; receiverAuthorizer: string } {
    return {
      network: this.network,
      asset: this.token,
      vault: this.vault,
      receiverAuthorizer: addressOfPaymentKey(this.settler.paymentKey),
    };
  }

  /** Gives an address tokens out of nothing. */
  async give(to: string, amount: bigint): Promise<void> {
    const data = encodeFunctionData({
      abi: devTokenAbi,
      functionName: 'mint',
      args: [to as `0x${string}`, amount],
    });
    await this.#faucet.send({ key: `gift ${this.#gifts++}`, to: this.token, data });
  }

  balanceOf(address: string): Promise<bigint> {
    return readTokenBalance(this.client, this.token, address as `0x${string}`);
  }

  channel(id: string): ReturnType<typeof readPaymentChannel> {
    return readPaymentChannel(this.client, id as `0x${string}`);
  }

  async stop(): Promise<void> {
    await this.#faucet[Symbol.asyncDispose]();
    this.rpc.close();
    await this.#process.end('SIGTERM');
  }
}

async function readyWhen(url: string, began: number): Promise<number> {
  const rpc = rpcClient(url);
  const places = [BATCH_SETTLEMENT_ADDRESS, devAddress('DevToken'), devAddress('SettlementVault')];
  const codes = await Promise.all(places.map((at) => rpc.call<string>('eth_getCode', [at, 'latest'])));
  const took = performance.now() - began;
  rpc.close();
  if (codes.every((code) => code.length > 2)) return took;
  throw new Error('the chain answers before its contracts are placed');
}
