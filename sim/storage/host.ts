/** A simulated machine: a real node engine on a simulated disk, behind a network that delays, repeats, cuts and lies. */
import { sha256, type Signer } from '@assay/core';
import {
  type CallOptions,
  type Challenge,
  type ChallengeAnswer,
  type Committee,
  committeeRoot,
  decodePackHeader,
  type Hello,
  type LeafRange,
  NodeError,
  type PutShard,
  type SealRequest,
  type ShardLeaves,
  type ShardReceipt,
  signAnswer,
  signBatch,
  signBlob,
  signHello,
  type StorageNode,
} from '@assay/storage';
import { StorageEngine } from '@assay/storage/node';
import type { Scheduler } from './scheduler.ts';
import { SimDisk } from './sim-disk.ts';

/** How the network between the client and one node behaves. Loss shows as the delay of a retransmission. */
export interface Network {
  readonly latency: number;
  readonly jitter: number;
  readonly loss: number;
  /** Probability that a request arrives twice. */
  readonly duplicates: number;
}

export interface HostOptions {
  readonly signer: Signer;
  readonly committee: () => Committee;
  readonly scheduler: Scheduler;
  readonly random: () => number;
  readonly network: Network;
  readonly capacity: number;
}

const RETRANSMIT_MS = 200;

export class SimHost implements StorageNode {
  readonly id: Uint8Array;
  readonly disk: SimDisk;
  /** Acknowledges everything and stores nothing. */
  liar = false;
  /** Lost what it had signed for at some time: counts towards f. */
  faulty = false;
  readonly #options: HostOptions;
  #engine: StorageEngine | undefined;
  #life = 0;
  /** Rejects when the running process dies. */
  #death: Promise<never> = new Promise(() => undefined);
  #die: (error: Error) => void = () => undefined;
  #frozen: Promise<void> | undefined;
  #thaw: () => void = () => undefined;
  #partition: Promise<void> | undefined;
  #heal: () => void = () => undefined;
  /** Shards the engine was asked to take, repeats apart. */
  puts = 0;
  /** Bytes of shards it was asked for, shown in time or not. */
  shown = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    this.id = options.signer.publicKey;
    const delay = (operation: string): Promise<void> => this.#diskDelay(operation);
    this.disk = new SimDisk({ random: options.random, capacity: options.capacity, delay });
  }

  async start(): Promise<void> {
    const { signer, committee, scheduler, random } = this.#options;
    const life = ++this.#life;
    this.#death = new Promise((_, reject) => (this.#die = reject));
    this.#death.catch(() => undefined);
    const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random() * 256);
    const limits = { quotaBytes: 1e9, segmentBytes: 32_768, batchBytes: 8_192 };
    const engine = await StorageEngine.open({
      disk: this.disk,
      signer,
      committee,
      clock: scheduler,
      randomBytes,
      ...limits,
    });
    if (life === this.#life) this.#engine = engine;
  }

  /** The running engine, for faults that come from inside. */
  get engine(): StorageEngine | undefined {
    return this.#engine;
  }

  /** SIGSTOP: connections stay open and silent. */
  freeze(): void {
    this.#frozen ??= new Promise((resolve) => (this.#thaw = resolve));
  }

  thaw(): void {
    this.#frozen = undefined;
    this.#thaw();
  }

  /** kill -9: what was written stays, what was not is gone. */
  kill(): void {
    this.#down();
    this.disk.kill();
  }

  powerCut(): void {
    this.#down();
    this.disk.powerCut();
  }

  /** kill -9 and an empty disk. */
  wipe(): void {
    this.#down();
    this.disk.wipe();
    this.faulty = true;
  }

  partition(): void {
    this.#partition ??= new Promise((resolve) => (this.#heal = resolve));
  }

  heal(): void {
    this.#partition = undefined;
    this.#heal();
  }

  putShard(put: PutShard, options?: CallOptions): Promise<ShardReceipt> {
    // The bytes as they left: the client may reuse its memory once it has given up.
    const sent = { ...put, body: Uint8Array.from(put.body) };
    return this.#rpc(options, async (engine) => {
      if (this.liar) return this.#falseReceipt(sent);
      this.puts++;
      if (this.#options.random() < this.#options.network.duplicates)
        void engine.putShard(sent).catch(() => undefined);
      return engine.putShard(sent);
    });
  }

  renewShard(
    packId: Uint8Array,
    at: { index: number; session: string },
    options?: CallOptions,
  ): Promise<ShardReceipt> {
    return this.#rpc(options, (engine) => engine.renewShard(packId, at));
  }

  getLeaves(
    packId: Uint8Array,
    at: { index: number; range: LeafRange },
    options?: CallOptions,
  ): Promise<ShardLeaves> {
    return this.#rpc(options, async (engine) => {
      if (this.liar) return { bytes: sha256(packId), proof: [] };
      const leaves = await engine.getLeaves(packId, at);
      this.shown += leaves.bytes.length;
      return leaves;
    });
  }

  getPage(digest: Uint8Array, options?: CallOptions): Promise<Uint8Array> {
    return this.#rpc(options, async (engine) => (this.liar ? digest : engine.getPage(digest)));
  }

  hello(nonce: Uint8Array, options?: CallOptions): Promise<Hello> {
    return this.#rpc(options, async (engine) => (this.liar ? this.#falseHello(nonce) : engine.hello(nonce)));
  }

  challenge(challenge: Challenge, options?: CallOptions): Promise<ChallengeAnswer> {
    return this.#rpc(options, async (engine) => {
      const nothing = challenge.leaves.map(({ shard }) => ({ bytes: shard.packId, proof: [] }));
      return this.liar
        ? signAnswer(challenge, nothing, {
            signer: this.#options.signer,
            bootId: new Uint8Array(16),
            nextSeq: 0,
          })
        : engine.challenge(challenge);
    });
  }

  seal(request: SealRequest, options?: CallOptions): Promise<Uint8Array> {
    return this.#rpc(options, async (engine) => {
      return this.liar
        ? signBlob(request.facts, this.#options.committee(), this.#options.signer)
        : engine.seal(request);
    });
  }

  #down(): void {
    this.#life++;
    this.#die(new NodeError('unreachable', { what: 'connection reset' }));
    this.#engine = undefined;
  }

  async #rpc<T>(options: CallOptions | undefined, run: (engine: StorageEngine) => Promise<T>): Promise<T> {
    const given = options?.signal;
    const gone = new NodeError('unreachable', { what: 'the connection is gone' });
    const aborted = new Promise<never>((_, reject) =>
      given?.addEventListener('abort', () => reject(gone), { once: true }),
    );
    aborted.catch(() => undefined);
    return Promise.race([aborted, this.#exchange(options, run)]);
  }

  async #exchange<T>(
    options: CallOptions | undefined,
    run: (engine: StorageEngine) => Promise<T>,
  ): Promise<T> {
    await this.#travel();
    options?.onBytes?.();
    const engine = this.#engine;
    if (engine === undefined) throw new NodeError('unreachable', { what: 'connection refused' });
    await this.#frozen;
    const value = await Promise.race([run(engine), this.#death]);
    await this.#frozen;
    await this.#travel();
    return value;
  }

  async #travel(): Promise<void> {
    const { network, random, scheduler } = this.#options;
    await this.#partition;
    const lost = random() < network.loss ? RETRANSMIT_MS : 0;
    await scheduler.sleep(network.latency + (random() * 2 - 1) * network.jitter + lost);
  }

  async #diskDelay(operation: string): Promise<void> {
    const { scheduler, random } = this.#options;
    if (operation === 'sync') await scheduler.sleep(2 + random() * 6);
    else if (operation === 'write') await scheduler.sleep(random());
  }

  #falseReceipt({ header, index }: PutShard): ShardReceipt {
    const committee = this.#options.committee();
    const { roots, shardLen } = decodePackHeader(header);
    const shard = { packId: sha256(header), index, root: roots[index] as Uint8Array, length: shardLen };
    const place = {
      networkId: committee.networkId,
      epoch: committee.epoch,
      committeeRoot: committeeRoot(committee),
    };
    const facts = {
      ...place,
      nodeId: this.id,
      bootId: FALSE_BOOT,
      logSeq: 1,
      durability: 1,
      leaseEnd: committee.epoch + 26,
    } as const;
    return signBatch([shard], facts, this.#options.signer)[0] as ShardReceipt;
  }

  #falseHello(nonce: Uint8Array): Hello {
    const { networkId } = this.#options.committee();
    const boots = [{ bootId: FALSE_BOOT, firstSeq: 0 }];
    return signHello({ networkId, nodeId: this.id, nonce, nextSeq: 1_000, boots }, this.#options.signer);
  }
}

const FALSE_BOOT = new Uint8Array(16).fill(7);
