/**
 * The transaction outbox: one sender's nonce queue, durable before anything is sent.
 *
 * A transaction is signed and kept, then sent, as often as it takes; its nonce makes that harmless. Nothing that was
 * kept is lost: not by a crash, a dropped transaction, a time-out after sending, a reorganisation, or a node that
 * comes back with an older state. It is final once `confirmations` blocks lie on it, and sent again when even then
 * the chain forgets it.
 */
import type { Clock } from '@assay/core';
import { keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { RpcError } from '../errors.ts';
import type { Rpc } from '../rpc.ts';
import { currentFees, raisedFees } from './fees.ts';
import { TxError } from './tx-error.ts';
import { round, type RoundParts, type TxEvent } from './tx-round.ts';
import { openTxStore, type TxAttempt, type TxIntent, type TxRecord, type TxStore } from './tx-store.ts';

/** How an outbox is opened. */
export interface TxOutboxOptions {
  /** SQLite file; made if absent. */
  readonly path: string;
  readonly rpc: Rpc;
  readonly chainId: number;
  /** Secret key of the sender, 32 bytes. */
  readonly secret: Uint8Array;
  /** Blocks, its own counted, after which a transaction is final. */
  readonly confirmations: number;
  readonly clock: Clock;
  /** Told of what happens to transactions, and of what stands in their way. */
  readonly onEvent?: (event: TxEvent) => void;
  /** Told of rounds in which the chain could not be asked. */
  readonly onError?: (error: unknown) => void;
  /** Milliseconds between rounds while anything is open. */
  readonly pollMs?: number;
  /** Milliseconds after which a waiting transaction is given a higher fee. */
  readonly raiseFeeAfterMs?: number;
}

const POLL_MS = 200;
const RAISE_FEE_MS = 30_000;
const WAIT_MS = 60_000;
/**
 * Two storage slots: what is kept by the time, as stake is, costs one more as soon as the second is another than that in
 * which it was estimated. What is not used is not paid.
 */
const ROOM_GAS = 50_000n;

/** Opens the outbox; `start` begins to send. @throws TxError `locked` | `conflict` */
export function openTxOutbox(options: TxOutboxOptions): TxOutbox {
  const account = privateKeyToAccount(`0x${Buffer.from(options.secret).toString('hex')}`);
  const store = openTxStore(options.path, { chainId: options.chainId, sender: account.address });
  return new TxOutbox(options, account, store);
}

/** The open outbox. */
export class TxOutbox implements AsyncDisposable {
  readonly #options: TxOutboxOptions;
  readonly #account: ReturnType<typeof privateKeyToAccount>;
  readonly #store: TxStore;
  readonly #listeners = new Set<(event: TxEvent) => void>();
  /** When the newest attempt at a key was signed, in milliseconds; since this process began where it is not known. */
  readonly #signedAt = new Map<string, number>();
  /** Rounds and submissions follow each other: both give out nonces. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosed = false;

  constructor(options: TxOutboxOptions, account: ReturnType<typeof privateKeyToAccount>, store: TxStore) {
    this.#options = options;
    this.#account = account;
    this.#store = store;
  }

  /** Address of the sender. */
  get sender(): `0x${string}` {
    return this.#account.address;
  }

  /** Transactions that are not final. */
  get open(): readonly TxRecord[] {
    return this.#store.open;
  }

  /** What is known of a key. */
  get(key: string): TxRecord | undefined {
    return this.#store.get(key);
  }

  /** What is known of all keys that begin with `prefix`, in the order of nonces. */
  startingWith(prefix: string): readonly TxRecord[] {
    return this.#store.startingWith(prefix);
  }

  /** Begins to send what is kept, and goes on until closed. */
  start(): void {
    this.#isStarted = true;
    this.#schedule(0);
  }

  /** Looks at the chain once now. @throws RpcError */
  async look(): Promise<void> {
    await this.#inTurn(() => round(this.#parts));
  }

  /**
   * Keeps a transaction and sends it. Resolves once it is durable and was handed to the chain, whatever that answered.
   * The same key again gives what is known of it.
   *
   * @throws TxError `conflict` | `would-revert` | `closed`; RpcError when the chain could not be asked, with nothing kept
   */
  submit(intent: TxIntent): Promise<TxRecord> {
    return this.#inTurn(async () => {
      const known = this.#store.get(intent.key);
      if (known !== undefined) return sameOrThrow(known, intent);
      const gas = intent.gas ?? (await this.#estimate(intent));
      const nonce = await this.#nextNonce();
      const attempt = await this.#signed({ ...intent, gas, nonce }, await currentFees(this.#options.rpc));
      this.#store.add({ ...intent, gas }, attempt);
      // A crash from here on leaves it kept: the next start sends it.
      await this.#roundOrTell();
      return this.#store.get(intent.key) as TxRecord;
    });
  }

  /**
   * Submits, and waits until it is mined and did what it should.
   *
   * @throws TxError also `reverted` | `timeout`
   */
  async send(
    intent: TxIntent,
    until: 'mined' | 'confirmed' = 'mined',
    timeoutMs = WAIT_MS,
  ): Promise<TxRecord> {
    await this.submit(intent);
    const record = await this.wait(intent.key, until, timeoutMs);
    if (record.mined?.reverted !== true) return record;
    throw new TxError('reverted', {
      what: `${intent.key}: the transaction was mined and reverted`,
      where: `${record.mined.hash} in block ${record.mined.blockNumber}`,
    });
  }

  /** Waits until a kept transaction is mined or final. @throws TxError `timeout` */
  async wait(key: string, until: 'mined' | 'confirmed' = 'mined', timeoutMs = WAIT_MS): Promise<TxRecord> {
    const { promise, resolve, reject } = Promise.withResolvers<TxRecord>();
    const look = (): void => {
      const record = this.#store.get(key);
      if (record === undefined || record.state === 'pending') return;
      if (until === 'mined' || record.state === 'confirmed') resolve(record);
    };
    const off = this.onEvent(look);
    const late = new TxError('timeout', {
      what: `${key} was not ${until} within ${timeoutMs} ms; it is kept`,
    });
    const timer = setTimeout(() => reject(late), timeoutMs);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      off();
    }
  }

  /** Has `listener` told of everything; returns how to end that. */
  onEvent(listener: (event: TxEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#turn;
    this.#store[Symbol.dispose]();
  }

  get #parts(): RoundParts {
    const { rpc, confirmations, clock } = this.#options;
    const patience = this.#options.raiseFeeAfterMs ?? RAISE_FEE_MS;
    return {
      rpc,
      store: this.#store,
      sender: this.sender,
      confirmations,
      isSlow: ({ key }) => {
        const since = this.#signedAt.get(key);
        if (since === undefined) this.#signedAt.set(key, clock.now());
        return since !== undefined && clock.now() - since > patience;
      },
      sign: (record, why) => this.#signAgain(record, why),
      tell: (event) => this.#tell(event),
    };
  }

  async #signAgain(record: TxRecord, why: 'underpriced' | 'nonce-taken'): Promise<TxAttempt> {
    const current = await currentFees(this.#options.rpc);
    const old = this.#store.attempts(record.key).at(-1);
    const fees = why === 'underpriced' && old !== undefined ? raisedFees(old, current) : current;
    const nonce = why === 'underpriced' ? record.nonce : await this.#nextNonce();
    const attempt = await this.#signed({ ...record, nonce }, fees);
    this.#store.addAttempt(record.key, attempt);
    return attempt;
  }

  async #signed(
    tx: TxIntent & { readonly gas: bigint; readonly nonce: number },
    fees: { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint },
  ): Promise<TxAttempt> {
    const { maxFeePerGas, maxPriorityFeePerGas } = fees;
    const raw = await this.#account.signTransaction({
      type: 'eip1559',
      chainId: this.#options.chainId,
      nonce: tx.nonce,
      to: tx.to as `0x${string}`,
      data: tx.data as `0x${string}`,
      value: tx.value ?? 0n,
      gas: tx.gas,
      maxFeePerGas,
      maxPriorityFeePerGas,
    });
    this.#signedAt.set(tx.key, this.#options.clock.now());
    return { nonce: tx.nonce, hash: keccak256(raw), raw, maxFeePerGas, maxPriorityFeePerGas };
  }

  async #nextNonce(): Promise<number> {
    const count = await this.#options.rpc.call<string>('eth_getTransactionCount', [this.sender, 'latest']);
    return Math.max(this.#store.nextNonce, Number(count));
  }

  /** A fifth and some slots more than it takes now: state may change before it is mined, and the second does. */
  async #estimate({ key, to, data, value }: TxIntent): Promise<bigint> {
    const call = { from: this.sender, to, data, ...(value === undefined ? {} : { value: quantity(value) }) };
    try {
      const estimate = BigInt(await this.#options.rpc.call<string>('eth_estimateGas', [call, 'pending']));
      return (estimate * 6n) / 5n + ROOM_GAS;
    } catch (error) {
      if (!(error instanceof RpcError) || error.isUnknown) throw error;
      throw new TxError('would-revert', {
        what: `${key}: ${error.said}`,
        where: `a call of ${to}`,
        cause: error,
        ...(typeof error.data === 'string' ? { revertData: error.data } : {}),
      });
    }
  }

  #tell(event: TxEvent): void {
    this.#options.onEvent?.(event);
    for (const listener of this.#listeners) listener(event);
  }

  async #roundOrTell(): Promise<void> {
    try {
      await round(this.#parts);
      // An automining chain has mined it by now, or all but.
      await round(this.#parts);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#options.onError?.(error);
    }
    this.#schedule();
  }

  #schedule(delay = this.#options.pollMs ?? POLL_MS): void {
    if (!this.#isStarted || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tick(), delay);
  }

  async #tick(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      this.#options.onError?.(error);
    }
    this.#schedule();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed)
      return Promise.reject(
        new TxError('closed', { what: 'the outbox is closed', where: this.#options.path }),
      );
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

const quantity = (value: bigint): string => `0x${value.toString(16)}`;

function sameOrThrow(known: TxRecord, intent: TxIntent): TxRecord {
  const isSame = known.to === intent.to && known.data === intent.data && known.value === (intent.value ?? 0n);
  if (isSame) return known;
  throw new TxError('conflict', {
    what: `the key "${intent.key}" is already that of another transaction`,
    fix: 'Give each transaction a key of its own; keys are for ever.',
  });
}
