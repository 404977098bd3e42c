/** One gateway: identity, outbox, view of the log and nodes, put together and kept going. */
import type { Clock, Entropy, LogRecord } from '@assay/core';
import { type Identity, openIdentity } from '@assay/core/node';
import type { Logger } from 'pino';
import { Eraser } from '../erasure/index.ts';
import type { Follower, Skimmed } from '../follow/index.ts';
import type { LogClient } from '../log-client/index.ts';
import { openOutbox, type Outbox, Shipper } from '../outbox/index.ts';
import { joinEntry, type LogSink, untilItWorks } from '../participant/index.ts';
import type { GatewayConfig } from './config.ts';
import { DeliveryLedger, DeliveryRecovery } from './delivery-ledger.ts';
import type { InferContext } from './infer.ts';
import { Till } from './pay/till.ts';
import { Peers } from './peers.ts';

/** What a gateway is given by its process. */
export interface GatewayEnvironment {
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
  /** The followed log; started and stopped by the process. */
  readonly view: Follower;
  readonly sink: LogSink;
  readonly logClient: LogClient;
}

/** How often what is too old is looked for, in milliseconds. */
const FORGET_MS = 600_000;
const DAY_MS = 86_400_000;
const STOP_FLUSH_MS = 10_000;

/** A gateway. `start` makes it ready; until then it refuses. */
export class Gateway {
  readonly keyId: string;
  readonly ledger: DeliveryLedger;
  readonly inferContext: InferContext;
  readonly #config: GatewayConfig;
  readonly #env: GatewayEnvironment;
  readonly #identity: Identity;
  readonly #outbox: Outbox;
  readonly #shipper: Shipper;
  readonly #peers: Peers;
  readonly #eraser: Eraser;
  readonly #joined: boolean;
  readonly till: Till;
  #forgetTimer: NodeJS.Timeout | undefined;
  #phase: 'starting' | 'ready' | 'stopping' = 'starting';

  /** Opens what is on disk. @throws KeyFileError, OutboxError */
  constructor(config: GatewayConfig, env: GatewayEnvironment) {
    this.#config = config;
    this.#env = env;
    const { clock, entropy, log, view } = env;
    this.#identity = openIdentity(config.identity, entropy);
    this.keyId = this.#identity.keyId;
    const recovered = new DeliveryRecovery();
    const { logClient } = env;
    this.till = new Till({
      money: config.money,
      identity: this.#identity,
      clock,
      entropy,
      log,
      view,
      logClient,
    });
    this.#outbox = openOutbox({
      directory: config.outbox,
      onItem: (item, place) => {
        recovered.onItem(item, place);
        this.till.recover(item);
      },
    });
    this.#joined = recovered.joined;
    this.#shipper = new Shipper({
      outbox: this.#outbox,
      log: env.sink,
      isRefusal: env.sink.isRefusal,
      onProblem: ({ error, refused }) =>
        log.warn({ err: error, refused: refused?.length }, 'sending to the log'),
    });
    const { signer } = this.#identity;
    const onFailure = (error: unknown): void => log.error({ err: error }, 'keeping a delivery');
    this.ledger = new DeliveryLedger({ outbox: this.#outbox, signer, recovered, onFailure });
    this.#eraser = new Eraser({
      store: this.ledger,
      speaksFor: (key, original) => view.registry.participants.speaksFor(key, original),
      onFailure: (error) => log.error({ err: error }, 'erasing answers'),
    });
    const { connectionsPerNode } = config;
    this.#peers = new Peers({ registry: view.registry, signer, clock, connectionsPerNode });
    this.inferContext = {
      view,
      peers: this.#peers,
      ledger: this.ledger,
      cashier: () => this.till.cashier,
      priceOf: (model) => this.till.priceOf(model),
      entropy,
      defaultChannel: config.channel,
      attempts: config.attempts,
      attemptTimeoutMs: config.attemptTimeoutMs,
      onFailure: (node, what) => log.warn({ node, what }, 'a try failed'),
    };
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  /** Joins where needed and takes requests. @param endpoint URL at which clients reach it */
  async start(endpoint: string): Promise<void> {
    const { view, log } = this.#env;
    await this.#untilItWorks(() => view.catchUp());
    if (view.registry.participants.get(this.keyId) === undefined) {
      if (!this.#joined) await this.#join(endpoint);
    }
    this.#shipper.start();
    // Nodes answer a gateway that has joined, and know it only from the log.
    while (view.registry.participants.get(this.keyId) === undefined && this.#phase === 'starting') {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.#outbox.unsentCount === 0) await this.#untilItWorks(() => view.catchUp());
    }
    if (this.#phase === 'stopping') return;
    await this.till.start(this.#outbox, this.ledger);
    view.onAdvance(() => this.#peers.refresh());
    this.#peers.refresh();
    this.#forget();
    this.#forgetTimer = setInterval(() => this.#forget(), FORGET_MS);
    this.#phase = 'ready';
    log.info({ keyId: this.keyId, participant: this.#config.name }, 'taking requests');
  }

  /** Looks at a record that the log brought. */
  note(record: LogRecord): void {
    this.till.note(record);
    this.#eraser.note(record);
  }

  /** Looks at a record that the log brought and nobody verified. */
  skimmed(found: Skimmed, index: number): void {
    this.till.records.skim(found, index, this.#env.view.registry);
  }

  /** Resolves when the outbox can promise nothing any more. */
  get failure(): Promise<Error> {
    return this.#outbox.failure;
  }

  /** Refuses from now on. Call before the server stops taking requests. */
  refuse(): void {
    this.#phase = 'stopping';
    clearInterval(this.#forgetTimer);
  }

  /** Makes durable what was delivered, sends what is unsent as far as the log takes it, and closes. */
  async stop(): Promise<void> {
    this.refuse();
    await this.till.stop();
    await this.ledger
      .end()
      .catch((error: unknown) => this.#env.log.error({ err: error }, 'keeping deliveries'));
    const sent = await this.#shipper.flush(STOP_FLUSH_MS);
    if (!sent)
      this.#env.log.warn({ unsent: this.#outbox.unsentCount }, 'stopping with unsent entries; they are kept');
    await this.#shipper.stop();
    await this.#peers.close();
    await this.#eraser.stop();
    await this.#outbox[Symbol.asyncDispose]();
  }

  /** A crash between the two leaves a snapshot too many, and nothing missing. */
  #forget(): void {
    this.till
      .compact()
      .then(() => this.ledger.forgetBefore(this.#env.clock.now() - this.#config.keepDays * DAY_MS))
      .catch((error: unknown) => this.#env.log.error({ err: error }, 'letting go of what is too old'));
  }

  async #join(endpoint: string): Promise<void> {
    const { operator, name } = this.#config;
    const membership = { roles: ['gateway' as const], name, endpoints: [endpoint] };
    const entry = joinEntry(this.#identity, {
      ...membership,
      ...(operator === undefined ? {} : { operator }),
    });
    await this.#outbox.put({ meta: { kind: 'join' }, entry });
  }

  #untilItWorks(work: () => Promise<void>): Promise<void> {
    return untilItWorks(work, { isStopping: () => this.#phase === 'stopping', log: this.#env.log });
  }
}
