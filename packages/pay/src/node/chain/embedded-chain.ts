/**
 * The embedded chain: anvil, which keeps everything in memory, made durable by a file of our own.
 *
 * Anvil writes its state on a clean stop only, and a killed one forgets up to the last second, other people's
 * transactions among it. So every transaction is kept before anvil sees it, and given to it again, in the same order
 * and with the same block times, when it starts. What was answered is never lost, whoever sent it.
 */
import { type Clock, unixSeconds } from '@assay/core';
import { type Anvil, startAnvil } from './anvil.ts';
import { type ChainStore, type KeptTransaction, openChainStore } from './chain-store.ts';
import { RpcError } from './errors.ts';
import type { Rpc } from './rpc.ts';

/** How the chain is opened. */
export interface EmbeddedChainOptions {
  /** File that keeps it; made if absent. */
  readonly path: string;
  readonly chainId: number;
  /** Names what `found` makes; a kept chain of another name is refused. */
  readonly genesis: string;
  /** Makes a new chain's beginning: contracts and balances. A crash before it is done begins anew. */
  readonly found: (rpc: Rpc) => Promise<void>;
  readonly clock: Clock;
  /** Transactions after which a snapshot replaces them. */
  readonly snapshotEvery?: number;
  readonly binary?: string;
}

const SNAPSHOT_EVERY = 500;
/** 1 gwei, always. */
const BASE_FEE = '0x3b9aca00';
const SLOW_MS = 60_000;

/** Opens the chain and resolves once everything kept is in place. @throws ChainError */
export async function openEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  const { path, genesis, chainId, binary } = options;
  const store = openChainStore(path, `${genesis} ${chainId}`);
  let anvil: Anvil | undefined;
  try {
    // Anvil takes no block older than its own first one, which is forgotten once a snapshot is loaded.
    const args = store.snapshot === undefined ? [] : ['--timestamp', '1'];
    anvil = await startAnvil({ chainId, args, ...(binary === undefined ? {} : { binary }) });
    await restore(anvil.rpc, store, options);
    return new EmbeddedChain(anvil, store, options);
  } catch (error) {
    await anvil?.stop();
    store[Symbol.dispose]();
    throw error;
  }
}

async function restore(rpc: Rpc, store: ChainStore, { found, clock }: EmbeddedChainOptions): Promise<void> {
  const { snapshot } = store;
  if (snapshot === undefined) {
    await found(rpc);
    store.compact(await rpc.call<string>('anvil_dumpState', [], { timeoutMs: SLOW_MS }));
    return;
  }
  await rpc.call('anvil_loadState', [snapshot], { timeoutMs: SLOW_MS });
  for (const kept of store.transactions) await replay(rpc, kept);
  await rpc.call('evm_setTime', [unixSeconds(clock)]);
}

/** Executes a transaction in a block of its own at `timestamp`, or at the newest block's time when that is later. */
async function execute(rpc: Rpc, raw: string, timestamp: number): Promise<unknown> {
  const newest = await rpc.call<{ timestamp: string }>('eth_getBlockByNumber', ['latest', false]);
  await rpc.call('evm_setNextBlockTimestamp', [Math.max(timestamp, Number(newest.timestamp))]);
  // Given the same time and fee, the same transaction makes the same block, down to its hash.
  await rpc.call('anvil_setNextBlockBaseFeePerGas', [BASE_FEE]);
  return rpc.call('eth_sendRawTransactionSync', [raw], { timeoutMs: SLOW_MS });
}

/** A transaction that the chain refuses now it refused the first time as well. */
async function replay(rpc: Rpc, { raw, timestamp }: KeptTransaction): Promise<void> {
  try {
    await execute(rpc, raw, timestamp);
  } catch (error) {
    if (!(error instanceof RpcError) || error.isUnknown) throw error;
  }
}

/** The running chain. Reads go to `rpc`; transactions only through `send`. */
export class EmbeddedChain {
  readonly #anvil: Anvil;
  readonly #store: ChainStore;
  readonly #clock: Clock;
  readonly #snapshotEvery: number;
  #sinceSnapshot: number;
  /** Sends follow each other, so that the order kept is the order executed. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(anvil: Anvil, store: ChainStore, options: EmbeddedChainOptions) {
    this.#anvil = anvil;
    this.#store = store;
    this.#clock = options.clock;
    this.#snapshotEvery = options.snapshotEvery ?? SNAPSHOT_EVERY;
    this.#sinceSnapshot = store.transactions.length;
  }

  /** Anvil itself. Whatever changes state through it is not kept. */
  get rpc(): Rpc {
    return this.#anvil.rpc;
  }

  get pid(): number {
    return this.#anvil.pid;
  }

  /** Resolves when anvil has ended without being asked: its process should end and restore. */
  get failure(): Promise<Error | undefined> {
    return this.#anvil.ended.then(() => (this.#stopped ? undefined : new Error('anvil ended')));
  }

  /** Executes a signed transaction in a block of its own. Returns its receipt. @throws RpcError */
  send(raw: string): Promise<unknown> {
    const sent = this.#turn.then(() => this.#send(raw));
    this.#turn = sent.catch(() => undefined);
    return sent;
  }

  /** Takes a snapshot and ends anvil. */
  async stop(): Promise<void> {
    await this.#turn;
    this.#stopped = true;
    if (this.#sinceSnapshot > 0) await this.#snapshot();
    await this.#anvil.stop();
    this.#store[Symbol.dispose]();
  }

  async #send(raw: string): Promise<unknown> {
    const { rpc } = this.#anvil;
    const timestamp = unixSeconds(this.#clock);
    // A crash from here on executes it at the next start, with nobody told; whoever sent it asks for its receipt.
    this.#store.append({ raw, timestamp });
    this.#sinceSnapshot += 1;
    const receipt = await execute(rpc, raw, timestamp);
    if (this.#sinceSnapshot >= this.#snapshotEvery) await this.#snapshot();
    return receipt;
  }

  async #snapshot(): Promise<void> {
    this.#store.compact(await this.#anvil.rpc.call<string>('anvil_dumpState', [], { timeoutMs: SLOW_MS }));
    this.#sinceSnapshot = 0;
  }
}
