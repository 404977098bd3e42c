/** Sends a list of packs through a bounded window until each of them is certified, whatever order they finish in. */
import { hex } from '@assay/core';
import { CodecError } from '../errors.ts';
import type { EncodedPack } from './encode.ts';
import type { Hold } from './hold.ts';
import { PackTask, type TaskContext } from './pack-task.ts';

export interface TransferOptions {
  readonly context: TaskContext;
  readonly count: number;
  /** Packs in memory at once. */
  readonly window: number;
  /** Makes a pack's shards, each time they are needed. */
  readonly load: (pack: number) => Promise<EncodedPack>;
  /** Tells of a fall below the quorum of nodes that can be spoken to, and of the end of it. */
  readonly onWaiting: (have: number) => void;
}

/** How long a tail may keep its memory when somebody waits for it. */
const TAIL_GRACE_MS = 500;
const POLL_MS = 25;

export class Transfer {
  readonly #options: TransferOptions;
  readonly #active = new Map<number, PackTask>();
  /** Packs to start; a pack that fell below its quorum joins again at the front. */
  readonly #queue: number[];
  /** Packs that are being read and encoded: they count as memory too. */
  readonly #loading = new Set<number>();
  /** Memory of packs given up that a node of this process has not finished writing. */
  readonly #lingering = new Set<Hold>();
  /** Whether such memory is missed: no pack is started before some of it is free. */
  #starved = false;
  #waiting = false;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(options: TransferOptions) {
    this.#options = options;
    const { progress } = options.context;
    this.#queue = Array.from({ length: options.count }, (_, pack) => pack).filter(
      (pack) => !progress.isCertified(pack),
    );
  }

  /** A pack lost its quorum: it is sent again. */
  requeue(pack: number): void {
    // A task still at work sees the loss itself if its shard is not yet delivered; a fresh one sees it surely.
    this.#active.get(pack)?.close();
    if (!this.#queue.includes(pack)) this.#queue.unshift(pack);
  }

  /** Resolves when every pack is certified. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#allCertified()) {
      const changed = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#fill();
      this.#makeRoom();
      // Nodes that come back and tails that grow old tell nobody: hence the clock beside the event.
      await Promise.race([changed, this.#options.context.clock.sleep(POLL_MS, signal)]);
    }
    if (signal.aborted) this.close();
  }

  /** Lets the tails go on for a last while, then ends them. */
  async finishTails(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    const until = clock.now() + TAIL_GRACE_MS;
    // A sleep ends at once when the upload is stopped: without the first test this would spin.
    while (
      !signal.aborted &&
      clock.now() < until &&
      [...this.#active.values()].some((task) => !task.hopeless)
    )
      await clock.sleep(POLL_MS, signal);
    this.close();
    await Promise.all([...this.#active.values()].map(({ done }) => done));
  }

  close(): void {
    this.#closed = true;
    for (const task of this.#active.values()) task.close();
  }

  #allCertified(): boolean {
    const { context, count } = this.#options;
    for (let pack = 0; pack < count; pack++) if (!context.progress.isCertified(pack)) return false;
    return true;
  }

  /** Starts packs until the window is full; several are read and encoded at once. */
  #fill(): void {
    while (!this.#starved) {
      const next = this.#queue.find((pack) => !this.#active.has(pack) && !this.#loading.has(pack));
      if (next === undefined || this.#inMemory >= this.#options.window || !this.#enoughNodes(next)) return;
      this.#queue.splice(this.#queue.indexOf(next), 1);
      if (!this.#options.context.progress.isCertified(next)) void this.#start(next);
    }
  }

  get #inMemory(): number {
    return this.#active.size + this.#loading.size;
  }

  async #start(pack: number): Promise<void> {
    const { context, load } = this.#options;
    this.#loading.add(pack);
    try {
      const task = new PackTask(context, pack, await load(pack));
      this.#active.set(pack, task);
      void task.settled.then(() => this.#wake());
      task.done.then(() => this.#finished(task), context.onFatal);
      if (this.#closed) task.close();
    } catch (error) {
      if (this.#isStarvedBy(error)) this.#queue.unshift(pack);
      else context.onFatal(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#loading.delete(pack);
    }
  }

  /** A disk that hangs keeps what it was writing; the upload goes on in the memory that is left. */
  #isStarvedBy(error: unknown): boolean {
    this.#starved = error instanceof CodecError && error.code === 'out-of-memory' && this.#lingering.size > 0;
    return this.#starved;
  }

  #linger(hold: Hold): void {
    if (hold.isFree) return;
    this.#lingering.add(hold);
    void hold.freed.then(() => {
      this.#lingering.delete(hold);
      this.#starved = false;
      this.#wake();
    });
  }

  #finished(task: PackTask): void {
    this.#active.delete(task.pack);
    this.#starved = false;
    this.#linger(task.encoded.hold);
    const certified = this.#options.context.progress.isCertified(task.pack);
    if (!certified && !this.#queue.includes(task.pack)) this.#queue.push(task.pack);
    this.#wake();
  }

  /** A pack that no ready node could take a further shard of would only hold memory. */
  #enoughNodes(pack: number): boolean {
    const { progress, lanes } = this.#options.context;
    const holders = new Set(progress.receipts(pack).map(({ nodeId }) => hex(nodeId)));
    return [...lanes].some(([id, lane]) => lane.ready && !holders.has(id));
  }

  #makeRoom(): void {
    this.#reportWaiting();
    const wanted = this.#queue.some((pack) => !this.#active.has(pack));
    if (wanted && this.#inMemory >= this.#options.window) this.#freeOne();
  }

  /** Memory goes first from a certified pack whose tail is hopeless or old, then from one that can only wait. */
  #freeOne(): void {
    const { progress, committee } = this.#options.context;
    const tasks = [...this.#active.values()];
    const tail = tasks.find((t) => t.tailAge !== undefined && (t.hopeless || t.tailAge > TAIL_GRACE_MS));
    const parked = tasks.find((t) => t.idle && progress.receipts(t.pack).length >= committee.profile.k);
    (tail ?? parked)?.close();
  }

  #reportWaiting(): void {
    const { lanes, committee } = this.#options.context;
    const have = [...lanes.values()].filter(({ ready }) => ready).length;
    const waiting = have < committee.profile.q;
    if (waiting !== this.#waiting) this.#options.onWaiting(have);
    this.#waiting = waiting;
  }
}
