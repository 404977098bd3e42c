/** A whole network in one process: hosts, a client that can be killed, virtual time, and the oracle watching. */
import { ed25519Signer, hex, sha256, utf8 } from '@assay/core';
import {
  type Committee,
  type Journal,
  memorySource,
  openBlob,
  type Profile,
  PROFILES,
  type ProgressView,
  pureKernel,
  type ReaderOptions,
  type ReadEvent,
  type SourceFile,
  upload,
  type UploadEvent,
  type UploadResult,
} from '@assay/storage';
import { type Network, SimHost } from './host.ts';
import { Oracle } from './oracle.ts';
import { Scheduler } from './scheduler.ts';
import { seeded } from './sim-disk.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Nodes beyond the profile's n are spares. */
  readonly nodes?: number;
  readonly packs?: number;
  readonly profile?: Profile;
  readonly network?: Partial<Network>;
  /** Bytes of each disk, by node. */
  readonly capacity?: readonly number[];
  /** Packs in the client's memory. */
  readonly window?: number;
}

/** What reading everything back came to. */
export interface ReadOutcome {
  readonly same: boolean;
  readonly events: readonly ReadEvent[];
  /** Milliseconds of virtual time, by file. */
  readonly times: readonly number[];
  readonly hedgedBytes: number;
}

const SHARD_BYTES = 512;

/** A journal on the client's disk: what was not synced dies with the client. */
class SimJournal {
  readonly #durable: Uint8Array[] = [];
  #client = 0;

  open(): Journal {
    const durable = this.#durable;
    const client = ++this.#client;
    const pending: Uint8Array[] = [];
    return {
      entries: [...durable],
      append: (entry) => void pending.push(entry),
      // A killed client writes nothing more.
      sync: async () => void (client === this.#client && durable.push(...pending.splice(0))),
    };
  }
}

export class World {
  readonly scheduler = new Scheduler();
  readonly random: () => number;
  readonly hosts: readonly SimHost[];
  readonly committee: Committee;
  readonly files: readonly SourceFile[];
  readonly packBytes: number;
  readonly events: UploadEvent[] = [];
  readonly #window: number;
  readonly #journal = new SimJournal();
  #oracle!: Oracle;
  #client: AbortController | undefined;
  #broken: Error | undefined;

  private constructor(options: WorldOptions) {
    const profile = options.profile ?? PROFILES.local;
    this.random = seeded(options.seed);
    this.#window = options.window ?? 2;
    this.packBytes = profile.k * SHARD_BYTES;
    const signers = Array.from({ length: options.nodes ?? profile.n }, (_, i) =>
      ed25519Signer(sha256(utf8(`host ${i}`))),
    );
    const members = signers.map(({ publicKey }) => publicKey);
    this.committee = { networkId: sha256(utf8('simulation')), epoch: 1, profile, members };
    const network = { latency: 30, jitter: 15, loss: 0, duplicates: 0, ...options.network };
    this.hosts = signers.map((signer, i) => {
      const capacity = options.capacity?.[i] ?? 1e8;
      return new SimHost({
        signer,
        committee: () => this.committee,
        scheduler: this.scheduler,
        random: this.random,
        network,
        capacity,
      });
    });
    this.files = Array.from({ length: options.packs ?? 16 }, (_, i) => {
      const bytes = Uint8Array.from({ length: this.packBytes }, () => this.random() * 256);
      return { path: `file-${i}`, source: memorySource(bytes) };
    });
  }

  static async create(options: WorldOptions): Promise<World> {
    const world = new World(options);
    await world.scheduler.until(Promise.all(world.hosts.map((host) => host.start())), 10_000);
    const { profile } = world.committee;
    world.#oracle = await Oracle.of(world.files, { hosts: world.hosts, profile, packBytes: world.packBytes });
    return world;
  }

  get oracle(): Oracle {
    return this.#oracle;
  }

  /** Bytes of one pack and of all of them. */
  get totalBytes(): number {
    return this.files.length * this.packBytes;
  }

  /** Runs `act` once the bar has reached a share of the whole. */
  atShare(share: number, act: () => void): void {
    let done = false;
    this.onEvent((event) => {
      if (done || event.type !== 'progress' || event.view.certified < share * this.totalBytes) return;
      done = true;
      act();
    });
  }

  readonly #listeners: ((event: UploadEvent) => void)[] = [];

  onEvent(listener: (event: UploadEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Starts a client over the same files and journal. */
  startUpload(): Promise<UploadResult> {
    const client = new AbortController();
    this.#client = client;
    return upload(this.files, {
      committee: this.committee,
      nodes: this.hosts,
      kernel: pureKernel(),
      clock: this.scheduler,
      random: this.random,
      randomBytes: (length) => Uint8Array.from({ length }, () => this.random() * 256),
      journal: this.#journal.open(),
      shardBytes: SHARD_BYTES,
      window: this.#window,
      signal: client.signal,
      onEvent: (event) => !client.signal.aborted && this.#see(event),
    });
  }

  /** kill -9 of the client: nothing it does afterwards is seen, and its unsynced journal is lost. */
  killClient(): void {
    this.#client?.abort();
  }

  /** Lets time run until the upload is done. @throws what the upload or the oracle threw */
  async finish(running: Promise<UploadResult>, limit = 600_000): Promise<UploadResult> {
    try {
      return await this.scheduler.until(running, limit);
    } finally {
      // A broken promise ended the client: that is the finding, not how it ended.
      if (this.#broken !== undefined) await Promise.reject(this.#broken);
    }
  }

  /** Reads everything back and compares it with the files. */
  async readBack({ blobId }: UploadResult): Promise<ReadOutcome> {
    const events: ReadEvent[] = [];
    const times: number[] = [];
    const read = async (): Promise<ReadOutcome> => {
      using blob = await openBlob(
        blobId,
        this.readerOptions((event) => void events.push(event)),
      );
      let same = true;
      for (const { path, source } of this.files) {
        const started = this.scheduler.now();
        if (hex(await blob.bytes(path)) !== hex(await source.read(0, source.size))) same = false;
        times.push(this.scheduler.now() - started);
      }
      return { same, events, times, hedgedBytes: blob.hedgedBytes };
    };
    return this.scheduler.until(read(), 600_000);
  }

  readerOptions(onEvent: (event: ReadEvent) => void = () => undefined): ReaderOptions {
    const { committee, hosts: nodes, scheduler: clock, random } = this;
    const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random() * 256);
    return { committee, nodes, clock, random, randomBytes, kernel: pureKernel(), onEvent };
  }

  /** Every shard the engines were asked to take, pages included. */
  puts(): number {
    return this.hosts.reduce((sum, host) => sum + host.puts, 0);
  }

  /** Views of the bar so far. */
  views(): ProgressView[] {
    return this.events.flatMap((event) => (event.type === 'progress' ? [event.view] : []));
  }

  /** Regressions so far, as the bar explained them. */
  regressions(): { pack: number; bytes: number; cause: string }[] {
    return this.events
      .flatMap((event) => (event.type === 'progress' ? event.changes : []))
      .flatMap((change) => {
        return change.type === 'regression'
          ? [{ pack: change.pack, bytes: change.bytes, cause: change.evidence.cause }]
          : [];
      });
  }

  #see(event: UploadEvent): void {
    this.events.push(event);
    try {
      this.#oracle.see(event);
    } catch (error) {
      this.#broken ??= error as Error;
      this.killClient();
    }
    for (const listener of this.#listeners) listener(event);
  }
}
