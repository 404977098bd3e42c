/**
 * Watches events of a contract: each is told once it is seen, and told to be forgotten when a reorganisation takes its
 * block away, or the node comes back with less. What comes instead is told then.
 */
import { type Abi, type AbiEvent, parseEventLogs } from 'viem';
import { rangesUp } from '../../block-ranges.ts';
import type { PublicClient } from './public-client.ts';
import { RpcError } from './errors.ts';

/** An event as a watcher tells it. */
export interface WatchedEvent {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly tx: string;
}

/** A block at which a look ended. */
export interface SeenBlock {
  readonly number: number;
  readonly hash: string;
}

/** How far a watcher has come: what it needs to go on as though it had never stopped. */
export interface WatchedTo {
  /** Ascending; the newest `depth` of them. */
  readonly seen: readonly SeenBlock[];
  /** Events that a reorganisation could still take back. */
  readonly told: readonly WatchedEvent[];
}

/** How a watcher works. */
export interface WatcherOptions {
  readonly client: PublicClient;
  readonly address: string;
  readonly abi: Abi;
  /** Names of events to watch. */
  readonly events: readonly string[];
  readonly onEvent: (event: WatchedEvent) => void;
  /** An event that was told is not on the chain any more. */
  readonly onForgotten?: (event: WatchedEvent) => void;
  /** Not one block that was seen is on the chain any more: whatever was told is in doubt, and everything is told again. */
  readonly onReset?: () => void;
  readonly onError?: (error: unknown) => void;
  /** Where an earlier watcher of the same events had come to; read on from there if the chain still has it. */
  readonly resume?: WatchedTo | undefined;
  /** The block from which on there can be any: where the contract was deployed; 0 unless said. */
  readonly fromBlock?: number;
  readonly pollMs?: number;
  /** Blocks for which a reorganisation is looked for; what lies deeper is final. */
  readonly depth?: number;
}

const POLL_MS = 500;
const DEPTH = 64;

/** A watcher; `look` reads once, `start` goes on. */
export class Watcher {
  readonly #options: WatcherOptions;
  /** Blocks seen, by number: the newest `depth` of those at which a look ended. */
  readonly #seen: SeenBlock[];
  #told: WatchedEvent[];
  #next: number;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    const { resume, fromBlock = 0 } = options;
    this.#seen = [...(resume?.seen ?? [])];
    this.#told = [...(resume?.told ?? [])];
    this.#next = (this.#seen.at(-1)?.number ?? fromBlock - 1) + 1;
  }

  /** How far it has come. */
  get watchedTo(): WatchedTo {
    return { seen: [...this.#seen], told: [...this.#told] };
  }

  /** Reads what is new, and takes back what is gone. @throws RpcError within viem's errors */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  start(): void {
    const tick = async (): Promise<void> => {
      await this.look().catch((error: unknown) => this.#options.onError?.(error));
      if (!this.#stopped) this.#timer = setTimeout(() => void tick(), this.#options.pollMs ?? POLL_MS);
    };
    void tick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking?.catch((error: unknown) => this.#options.onError?.(error));
  }

  async #look(): Promise<void> {
    const { client, depth = DEPTH } = this.#options;
    const head = Number(await client.getBlockNumber());
    await this.#takeBack(head);
    // A look ends below what a reorganisation can reach too: after one, nothing older is told twice.
    const settled = Math.max(this.#next - 1, head - depth);
    const ranges = [
      ...rangesUp({ from: this.#next, to: settled }),
      ...rangesUp({ from: settled + 1, to: head }),
    ];
    for (const { from, to } of ranges) {
      const block = await client.getBlock({ blockNumber: BigInt(to) });
      const events = await this.#read(from, to);
      // Between the two reads the chain may have moved under us: then nothing of it is told, and the next look reads again.
      const again = await client.getBlock({ blockNumber: BigInt(to) });
      if (again.hash !== block.hash) return;
      this.#next = to + 1;
      this.#seen.push({ number: to, hash: block.hash });
      for (const event of events) this.#options.onEvent(event);
      this.#told.push(...events);
    }
    while (this.#seen.length > depth) this.#seen.shift();
    const floor = head - depth;
    this.#told = this.#told.filter(({ blockNumber }) => blockNumber > floor);
  }

  /** Goes back to the newest block seen that is still on the chain. */
  async #takeBack(head: number): Promise<void> {
    const before = this.#next;
    for (let last = this.#seen.at(-1); last !== undefined; last = this.#seen.at(-1)) {
      if (last.number <= head && (await this.#hashAt(last.number)) === last.hash) break;
      this.#seen.pop();
      this.#next = (this.#seen.at(-1)?.number ?? (this.#options.fromBlock ?? 0) - 1) + 1;
    }
    if (this.#next === before) return;
    const gone = this.#told.filter(({ blockNumber }) => blockNumber >= this.#next);
    this.#told = this.#told.filter(({ blockNumber }) => blockNumber < this.#next);
    for (const event of gone.toReversed()) this.#options.onForgotten?.(event);
    if (this.#seen.length === 0) this.#options.onReset?.();
  }

  async #hashAt(number: number): Promise<string | undefined> {
    try {
      return (await this.#options.client.getBlock({ blockNumber: BigInt(number) })).hash;
    } catch (error) {
      if (isUnreachable(error)) throw error;
      // The node has no such block any more: an answer, not a fault.
      return undefined;
    }
  }

  async #read(from: number, to: number): Promise<WatchedEvent[]> {
    const { client, address, abi, events } = this.#options;
    const logs = await client.getLogs({
      address: address as `0x${string}`,
      // Asked for by name: a contract that the whole world uses has many others.
      events: abi.filter((each): each is AbiEvent => each.type === 'event' && events.includes(each.name)),
      fromBlock: BigInt(from),
      toBlock: BigInt(to),
    });
    return parseEventLogs({ abi, logs, eventName: [...events] }).map((log) => ({
      name: String(log.eventName),
      args: log.args as Readonly<Record<string, unknown>>,
      blockNumber: Number(log.blockNumber),
      blockHash: String(log.blockHash),
      tx: String(log.transactionHash),
    }));
  }
}

function isUnreachable(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof RpcError && cause.isUnknown) return true;
  }
  return false;
}
