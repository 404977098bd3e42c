/** An anvil of a test's own, on a free port, that ends with the test. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createTestClient,
  createWalletClient,
  http,
  TransactionReceiptNotFoundError,
  publicActions,
  walletActions,
  type Account,
  type Hex,
  type TransactionReceipt,
} from 'viem';
import { mnemonicToAccount, type HDAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { readArtifact } from '../../build/artifact.ts';

const BINARY = fileURLToPath(
  new URL('../../../node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil', import.meta.url),
);
const MNEMONIC = 'test test test test test test test test test test test junk';

/** Where x402 and viem look for contracts on every chain, and what stands there on a development chain. */
export const CANONICAL = {
  DevBatchSettlement: '0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003',
  DevDepositCollector: '0x4020806089470a89826cB9fB1f4059150b550004',
  DevMulticall3: '0xcA11bde05977b3631167028862bE2a173976CA11',
} as const;

/** One of anvil's funded accounts; the mnemonic is public, so these hold play money only. */
export function account(index: number): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** A running chain, and a client that may send, read, and move its time. */
export class TestChain {
  readonly url: string;
  readonly client: ReturnType<typeof clientOf>;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
    this.client = clientOf(url);
  }

  /** Starts anvil with the stand-ins at their canonical addresses. */
  static async start(): Promise<TestChain> {
    const child = spawn(BINARY, ['--port', '0', '--hardfork', 'cancun'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = await listeningPort(child);
    const chain = new TestChain(child, `http://127.0.0.1:${port}`);
    for (const [contract, address] of Object.entries(CANONICAL)) {
      const { deployedBytecode } = readArtifact(contract);
      await chain.client.setCode({ address: address as Hex, bytecode: deployedBytecode as Hex });
    }
    return chain;
  }

  /** A client that sends as one account. */
  wallet(from: Account): ReturnType<typeof walletOf> {
    return walletOf(this.url, from);
  }

  /** Deploys an artifact by account 0 and gives back its address. */
  async deploy(contract: string, args: readonly unknown[] = []): Promise<Hex> {
    const { abi, bytecode } = readArtifact(contract);
    const hash = await this.wallet(account(0)).deployContract({
      abi: abi as never,
      bytecode: bytecode as Hex,
      args: args as never,
    });
    const { contractAddress } = await this.receipt(hash);
    if (contractAddress == null) throw new Error(`${contract} was not deployed`);
    return contractAddress;
  }

  /** The receipt of a transaction, once its block is there. A loaded machine takes a moment. */
  async receipt(hash: Hex): Promise<TransactionReceipt> {
    for (;;) {
      try {
        return await this.client.getTransactionReceipt({ hash });
      } catch (error) {
        if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
        await setTimeout(5);
      }
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }
}

function clientOf(url: string) {
  return createTestClient({ chain: foundry, mode: 'anvil', transport: http(url), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions);
}

function walletOf(url: string, from: Account) {
  return createWalletClient({ account: from, chain: foundry, transport: http(url) });
}

/** Anvil was given port 0 and says which one it took. */
async function listeningPort(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('anvil has no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) {
      child.stdout.resume();
      return Number(port);
    }
  }
  throw new Error('anvil ended before it listened');
}
