/** One inference node: identity, outbox, view of the log, leases, executor, put together and kept going. */
import { type Clock, type Entropy, freshId, type LogRecord, readEntry } from '@assay/core';
import { type Identity, openIdentity } from '@assay/core/node';
import { OnnxEngine, SessionCache } from '@assay/engine';
import { paymentSigner } from '@assay/pay';
import { loadSecp256k1 } from '@assay/pay/node';
import type { Logger } from 'pino';
import { Eraser } from '../erasure/index.ts';
import { PriceBooks } from '../money/index.ts';
import { openOutbox, type Outbox, Shipper } from '../outbox/index.ts';
import { joinEntry, type LogSink, type LogView, untilItWorks } from '../participant/index.ts';
import { announcedVersions } from './announced.ts';
import { Charging } from './charging.ts';
import type { NodeConfig } from './config.ts';
import { Contents } from './contents.ts';
import { Executor } from './executor.ts';
import { faultyName } from './fault.ts';
import { clientOf, type Kept } from './kept-answer.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { NodeError } from './node-error.ts';
import type { NodeState } from './node-state.ts';
import { ReceiptStream } from './receipt-stream.ts';
import { Recovery } from './recovery.ts';
import type { ExecuteRequest, ExecuteResponse } from './wire/index.ts';

/** What a node is given by its process. */
export interface NodeEnvironment {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
  /** The followed log; started and stopped by the process. */
  readonly view: LogView;
  readonly sink: LogSink;
}

/** How often leases are looked at when nothing else happens, in milliseconds. */
const TEND_MS = 1_000;
/** How often what is too old is looked for, in milliseconds. */
const FORGET_MS = 600_000;
const DAY_MS = 86_400_000;
const STOP_FLUSH_MS = 10_000;

/** A node. `start` makes it ready; until then it refuses. */
export class InferenceNode {
  readonly keyId: string;
  readonly name: string;
  readonly #config: NodeConfig;
  readonly #env: NodeEnvironment;
  readonly #identity: Identity;
  readonly #outbox: Outbox;
  readonly #shipper: Shipper;
  readonly #recovery = new Recovery();
  readonly #prices = new PriceBooks();
  readonly #stream: ReceiptStream;
  readonly #contents: Contents;
  readonly #sessions: SessionCache;
  readonly #leases: LeaseKeeper;
  readonly #executor: Executor;
  readonly #eraser: Eraser;
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';
  #tending: Promise<void> | undefined;
  #tendAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #forgetTimer: NodeJS.Timeout | undefined;

  /** Opens what is on disk. @throws KeyFileError, OutboxError */
  constructor(config: NodeConfig, env: NodeEnvironment) {
    this.#config = config;
    this.#env = env;
    this.name = faultyName(config.name, config.fault);
    this.#identity = openIdentity(config.identity, env.entropy);
    this.keyId = this.#identity.keyId;
    this.#outbox = openOutbox({ directory: config.outbox, onItem: this.#recovery.onItem });
    this.#shipper = new Shipper({
      outbox: this.#outbox,
      log: env.sink,
      isRefusal: env.sink.isRefusal,
      onProblem: ({ error, refused }) =>
        env.log.warn({ err: error, refused: refused?.length }, 'sending to the log'),
    });
    this.#stream = new ReceiptStream(freshId(env.entropy), this.#identity.signer);
    const engine = new OnnxEngine({
      intraOpThreads: config.threads,
      interOpThreads: 1,
      monotonicMicros: () => performance.now() * 1_000,
    });
    this.#contents = new Contents(config.storage, { ...env, signer: this.#identity.signer });
    this.#sessions = new SessionCache({
      capacity: config.sessions,
      load: async (version) => {
        const { manifest, graph } = await this.#contents.version(version);
        return engine.load(manifest, graph);
      },
    });
    this.#leases = this.#makeLeases();
    this.#executor = new Executor({
      view: env.view,
      clock: env.clock,
      outbox: this.#outbox,
      stream: this.#stream,
      leases: this.#leases,
      sessions: this.#sessions,
      runtime: engine.fingerprint,
      maxDecisionAgeMs: config.maxDecisionAge * 1_000,
      maxInFlight: config.maxInFlight,
      fault: config.fault,
      charging: new Charging({
        node: this.keyId,
        prices: this.#prices,
        signer: paymentSigner(
          this.#identity.paymentSecret,
          loadSecp256k1((line) => env.log.warn(line)),
        ),
      }),
    });
    for (const answered of this.#recovery.answered) this.#executor.restore(answered);
    this.#eraser = new Eraser({
      store: {
        clientOf: (receipt) => clientOf(this.kept(receipt)),
        erase: (erasures) => this.#executor.erase(erasures),
      },
      speaksFor: (key, original) => env.view.registry.participants.speaksFor(key, original),
      onFailure: (error) => env.log.error({ err: error }, 'erasing payloads'),
    });
    if (this.#outbox.tornBytes > 0)
      env.log.info({ bytes: this.#outbox.tornBytes }, 'cut off a half-written group');
  }

  /**
   * Joins where needed, opens the stream in the log, takes over open leases, and serves (PROTOCOL 5.1).
   *
   * @param endpoint URL at which gateways reach it
   */
  async start(endpoint: string): Promise<void> {
    const { view, log } = this.#env;
    await this.#untilItWorks(() => view.catchUp());
    if (view.registry.participants.get(this.keyId) === undefined && !this.#recovery.joined)
      await this.#join(endpoint);
    this.#shipper.start();
    // A log takes nothing from a key before its join is durable there, not even in the same batch.
    await this.#untilSent();
    const opening = this.#stream.opening(this.#recovery.lastStream);
    await this.#outbox.put({ meta: { kind: 'stream', stream: this.#stream.id }, entry: opening });
    // The first answer waits for this: a stream that the log does not know cannot show its gaps.
    await this.#untilSequenced(readEntry(opening).id);
    if (this.#phase === 'stopping') return;
    for (const lease of view.registry.leases.open) if (lease.node === this.keyId) this.#leases.adopt(lease);
    this.#phase = 'ready';
    view.onAdvance(() => void this.#tend());
    this.#timer = setInterval(() => void this.#tend(), TEND_MS);
    this.#forget();
    this.#forgetTimer = setInterval(() => this.#forget(), FORGET_MS);
    await this.#tend();
    log.info({ keyId: this.keyId, participant: this.name, stream: this.#stream.id }, 'serving');
  }

  /** @throws NodeError */
  async execute(request: ExecuteRequest, gateway: string): Promise<ExecuteResponse> {
    if (this.#phase === 'ready') return this.#executor.execute(request, gateway);
    throw new NodeError('not-ready', { what: `the node is ${this.#phase}`, fix: 'Ask another node.' });
  }

  /** Looks at a record that the log brought. */
  note(record: LogRecord): void {
    this.#prices.note(record, this.#env.view.registry);
    this.#eraser.note(record);
  }

  /** What is kept of a receipt's request. */
  kept(receiptId: string): Kept | undefined {
    return this.#executor.kept(receiptId);
  }

  /** A chunk of a published blob, for another node. @throws NodeError `unknown-chunk` | `not-here` */
  chunk(blob: string, chunk: string): Promise<Uint8Array> {
    return this.#contents.chunk(blob, chunk);
  }

  /** @throws NodeError `unknown-chunk` when the log names no such blob for a version */
  async publishedBlob(blob: string): Promise<void> {
    // The view of a node that asks may be ahead of ours.
    if (!this.#contents.knows(blob)) await this.#env.view.catchUp();
    if (!this.#contents.knows(blob))
      throw new NodeError('unknown-chunk', { what: `the log names no blob ${blob} for a version` });
  }

  state(): NodeState {
    const { registry, witnessedSize } = this.#env.view;
    const obeys: Record<string, string> = {};
    for (const { name } of registry.channels.all) {
      const decision = registry.channels.inForce(name, witnessedSize);
      if (decision !== undefined) obeys[name] = decision.id;
    }
    return {
      ready: this.#phase === 'ready',
      name: this.name,
      keyId: this.keyId,
      stream: this.#stream.head,
      leases: this.#leases.state,
      obeys,
      swarm: this.#contents.counts,
      inFlight: this.#executor.inFlight,
      unsent: this.#outbox.unsentCount,
      logSize: registry.size,
      witnessedSize,
      ...(this.#config.fault === undefined ? {} : { fault: this.#config.fault }),
    };
  }

  /** Resolves when the outbox can promise nothing any more. */
  get failure(): Promise<Error> {
    return this.#outbox.failure;
  }

  /** Refuses from now on. Call before the server stops taking requests. */
  refuse(): void {
    this.#phase = 'stopping';
    clearInterval(this.#timer);
    clearInterval(this.#forgetTimer);
  }

  /** Drains what can be drained, sends what is unsent as far as the log takes it, and closes. */
  async stop(): Promise<void> {
    this.refuse();
    await this.#tending;
    await this.#leases.drainAll().catch((error: unknown) => this.#env.log.error({ err: error }, 'draining'));
    const sent = await this.#shipper.flush(STOP_FLUSH_MS);
    if (!sent)
      this.#env.log.warn({ unsent: this.#outbox.unsentCount }, 'stopping with unsent entries; they are kept');
    await this.#shipper.stop();
    await this.#sessions[Symbol.asyncDispose]();
    await this.#contents[Symbol.asyncDispose]();
    await this.#eraser.stop();
    await this.#outbox[Symbol.asyncDispose]();
  }

  #makeLeases(): LeaseKeeper {
    const { clock, entropy, view, log } = this.#env;
    return new LeaseKeeper({
      signer: this.#identity.signer,
      clock,
      entropy,
      leaseSeconds: this.#config.leaseSeconds,
      idleSeconds: this.#config.idleSeconds,
      head: () => this.#stream.head,
      put: (item) => this.#outbox.put(item),
      prepare: (version) => this.#sessions.use(version, () => Promise.resolve()),
      isLapsed: (lease) => view.registry.leases.byId(lease)?.lapsedAt !== undefined,
      isWithdrawn: (version) => view.registry.models.version(version)?.withdrawnAt !== undefined,
      onDrained: (version) => {
        log.info({ version }, 'drained');
        this.#sessions
          .evict(version)
          .catch((error: unknown) => log.error({ err: error }, 'closing a session'));
      },
      onFailure: (error) => log.error({ err: error }, 'draining'),
    });
  }

  #forget(): void {
    this.#executor.forgetBefore(this.#env.clock.now() - this.#config.keepDays * DAY_MS);
  }

  async #join(endpoint: string): Promise<void> {
    const { operator } = this.#config;
    const membership = { roles: ['node' as const], name: this.name, endpoints: [endpoint] };
    const entry = joinEntry(this.#identity, {
      ...membership,
      ...(operator === undefined ? {} : { operator }),
    });
    await this.#outbox.put({ meta: { kind: 'join' }, entry });
  }

  /** One look at a time; what changes meanwhile is looked at after. */
  async #tend(): Promise<void> {
    if (this.#phase !== 'ready') return;
    this.#tendAgain = true;
    this.#tending ??= this.#tendUntilQuiet().finally(() => {
      this.#tending = undefined;
    });
    await this.#tending;
  }

  async #tendUntilQuiet(): Promise<void> {
    const { view, log } = this.#env;
    const { channels, fault } = this.#config;
    while (this.#tendAgain && this.#phase === 'ready') {
      this.#tendAgain = false;
      const announced = announcedVersions(view.registry, view.witnessedSize, { channels, fault });
      const failures = await this.#leases.tend(announced);
      for (const [version, error] of failures) log.warn({ version, err: error }, 'cannot lease');
    }
  }

  async #untilSent(): Promise<void> {
    while (!(await this.#shipper.flush(1_000)) && this.#phase === 'starting');
  }

  async #untilSequenced(id: string): Promise<void> {
    while (this.#env.view.registry.indexOf(id) === undefined && this.#phase === 'starting') {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.#outbox.unsentCount === 0) await this.#untilItWorks(() => this.#env.view.catchUp());
    }
  }

  #untilItWorks(work: () => Promise<void>): Promise<void> {
    return untilItWorks(work, { isStopping: () => this.#phase === 'stopping', log: this.#env.log });
  }
}
