/** A small real network for tests of the serving processes: witness and log in this process, nodes and gateways beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ed25519Signer,
  type Kind,
  type LogRecord,
  type Predicate,
  randomBytes,
  signStatement,
  systemClock,
} from '@assay/core';
import { createIdentity, type Identity } from '@assay/core/node';
import { ed25519Cosigner, ed25519NoteSigner, formatVkey, parsePolicy, type Policy } from '@assay/log';
import { openWitnessSeed } from '@assay/log/node';
import { MONEY_RULES } from '@assay/views';
import { Follower } from '../../src/follow/index.ts';
import { LogClient } from '../../src/log-client/index.ts';
import { type LogServerConfig, parseLogServerConfig } from '../../src/log-server/config.ts';
import { type RunningLogServer, startLogServer } from '../../src/log-server/start.ts';
import { joinEntry } from '../../src/participant/index.ts';
import { type RunningWitness, startWitness } from '../../src/witness/start.ts';
import { linearVersion, type TestVersion } from './linear-version.ts';
import { TestStores } from './stores.ts';
import { type FileLimit, ServiceProcess } from './service-process.ts';

const entropy = { bytes: randomBytes };
const ORIGIN = 'log.example/serving';

const LOG_OUTSIDE = { clock: systemClock, entropy, onTrouble: () => undefined };

interface Given {
  readonly directory: string;
  readonly policyFile: string;
  readonly policy: Policy;
  readonly logUrl: string;
  readonly logConfig: LogServerConfig;
  readonly server: RunningLogServer;
  readonly witness: RunningWitness;
  readonly stores: TestStores;
}

/** Someone who signs. */
export interface Actor {
  readonly identity: Identity;
  say<K extends Kind>(kind: K, predicate: Predicate<K>): Promise<string>;
}

/** A log that can be left unread for a while: who measures a network does not want to share the machine with its observer. */
class HeldLog extends LogClient {
  held: Promise<void> | undefined;

  override async newestCheckpoint(): Promise<Uint8Array> {
    await this.held;
    return super.newestCheckpoint();
  }
}

/** The network. Everything in it is real; only the number of witnesses is small. */
export class TestNetwork {
  readonly directory: string;
  readonly policyFile: string;
  readonly policy: Policy;
  readonly log: LogClient;
  readonly follower: Follower;
  readonly #processes: ServiceProcess[] = [];
  readonly #followed: HeldLog;
  readonly #witness: RunningWitness;
  readonly stores: TestStores;
  readonly #logConfig: LogServerConfig;
  #server: RunningLogServer | undefined;
  /** Bytes sent, by receipt, of each `request.deliver` in the log. */
  readonly delivered = new Map<string, string[]>();
  /** Every record that the log holds, in order. */
  readonly records: LogRecord[] = [];
  owner!: Actor;

  private constructor(given: Given) {
    this.directory = given.directory;
    this.policyFile = given.policyFile;
    this.policy = given.policy;
    this.#witness = given.witness;
    this.stores = given.stores;
    this.#logConfig = given.logConfig;
    this.#server = given.server;
    this.log = new LogClient(given.logUrl);
    this.#followed = new HeldLog(given.logUrl);
    this.follower = new Follower({
      log: this.#followed,
      policy: given.policy,
      clock: systemClock,
      pollMs: 30,
      onRecord: (record) => this.#note(record),
    });
  }

  /** Starts a witness and a log, and lets an owner join. */
  static async start(origin = ORIGIN): Promise<TestNetwork> {
    const directory = mkdtempSync(join(tmpdir(), 'assay-serving-'));
    const path = (name: string): string => join(directory, name);
    const logSeed = openWitnessSeed(path('log.seed'), entropy);
    const logVkey = formatVkey(ed25519NoteSigner(origin, ed25519Signer(logSeed)).key);
    const witnessName = 'witness.example/serving';
    const witness = await startWitness(
      {
        listen: '127.0.0.1:0',
        name: witnessName,
        seedFile: path('witness.seed'),
        database: path('witness.db'),
        logs: [{ vkey: logVkey }],
      },
      systemClock,
      entropy,
    );
    const witnessVkey = formatVkey(
      ed25519Cosigner(witnessName, ed25519Signer(openWitnessSeed(path('witness.seed'), entropy))).key,
    );
    const text = `log ${logVkey}\nwitness w1 ${witnessVkey} ${witness.url}\nquorum w1\n`;
    writeFileSync(path('policy'), text);
    const config = parseLogServerConfig(
      {
        listen: '127.0.0.1:0',
        origin,
        directory: path('log'),
        seedFile: path('log.seed'),
        operatorKeyFile: path('operator.json'),
        policyFile: path('policy'),
        checkpointInterval: 50,
        refreshInterval: 1_000,
        rules: [MONEY_RULES],
      },
      'test',
    );
    const server = await startLogServer(config, LOG_OUTSIDE);
    const network = new TestNetwork({
      directory,
      policyFile: path('policy'),
      policy: parsePolicy(text),
      logUrl: server.url,
      logConfig: { ...config, listen: new URL(server.url).host },
      server,
      witness,
      stores: await TestStores.start(path('stores')),
    });
    network.follower.start();
    network.owner = await network.join('owner', ['owner']);
    return network;
  }

  async join(name: string, roles: Predicate<'participant.join'>['roles']): Promise<Actor> {
    const identity = createIdentity(join(this.directory, `${name}.json`), entropy);
    const id = (await this.log.append(joinEntry(identity, { roles, name, endpoints: [] }))).id;
    await this.follower.waitFor(id, 'sequenced', 10_000);
    return {
      identity,
      say: async (kind, predicate) => {
        const said = (await this.log.append(signStatement(kind, predicate, identity.signer))).id;
        await this.follower.waitFor(said, 'sequenced', 10_000);
        return said;
      },
    };
  }

  /** Starts a node; `change` overrides its configuration. The same name is the same node, with its keys and outbox. */
  async node(name: string, change: Record<string, unknown> = {}, limit?: FileLimit): Promise<ServiceProcess> {
    const config = {
      ...this.#common(name),
      storage: { network: this.stores.networkFile, cache: join(this.directory, `${name}.content`) },
      ...change,
    };
    const started = await this.#start('inference-node', name, config, limit);
    await until(() => isOk(`${started.url}/health`));
    return started;
  }

  async gateway(name: string, change: Record<string, unknown> = {}): Promise<ServiceProcess> {
    const started = await this.#start('gateway', name, { ...this.#common(name), ...change });
    await until(() => isOk(`${started.url}/v2/health/ready`));
    return started;
  }

  /** Receipts in the log that bear a request id. */
  receiptsOf(requestId: string): (LogRecord & { kind: 'output.receipt' })[] {
    return this.records.filter(
      (record) => record.kind === 'output.receipt' && record.predicate.request.id === requestId,
    ) as (LogRecord & { kind: 'output.receipt' })[];
  }

  /** Full name of the owner's model. */
  model(name = 'scale'): string {
    return `${this.owner.identity.keyId}/${name}`;
  }

  channel(name = 'prod'): string {
    return `${this.model()}/${name}`;
  }

  /** Publishes y = factor * x, or a version that is there, as `label`. */
  async publish(label: string, made: number | TestVersion, name = 'scale'): Promise<TestVersion> {
    const version = typeof made === 'number' ? linearVersion(made) : made;
    const blob = await this.stores.store(version);
    const model = this.model(name);
    if (this.follower.registry.models.get(model) === undefined)
      await this.owner.say('model.create', { model });
    const { inputs, outputs } = version.manifest;
    await this.owner.say('version.publish', {
      model,
      version: version.digest,
      label,
      blob,
      inputs: inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      outputs: outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      licence: 'Apache-2.0',
    });
    return version;
  }

  /** Moves the channel; returns the decision's id once it is witnessed. */
  async decide(to: Record<string, number>, channel = this.channel()): Promise<string> {
    const nonce = Buffer.from(randomBytes(16)).toString('hex');
    const id = await this.owner.say('channel.decide', { channel, to, nonce });
    await this.follower.waitFor(id, 'witnessed', 10_000);
    return id;
  }

  /** Does something while nothing is followed here; what the log brings meanwhile is read after it. */
  async unobserved<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#followed.held = promise;
    try {
      return await work();
    } finally {
      this.#followed.held = undefined;
      resolve();
    }
  }

  /** Takes the log away; its address and everything on its disk stay. */
  async stopLog(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  async startLog(): Promise<void> {
    this.#server = await startLogServer(this.#logConfig, LOG_OUTSIDE);
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.end()));
    await this.follower.stop();
    await this.stopLog();
    await this.#witness.stop();
    await this.stores.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #note(record: LogRecord): void {
    this.records.push(record);
    if (record.kind !== 'request.deliver') return;
    const { receipt, bytesSent } = record.predicate;
    this.delivered.set(receipt, [...(this.delivered.get(receipt) ?? []), bytesSent]);
  }

  #common(name: string): Record<string, unknown> {
    return {
      name,
      listen: '127.0.0.1:0',
      identity: join(this.directory, `${name}.json`),
      outbox: join(this.directory, name),
      log: { url: this.log.url, policy: this.policyFile, pollMs: 30 },
    };
  }

  async #start(
    service: string,
    name: string,
    config: Record<string, unknown>,
    limit?: FileLimit,
  ): Promise<ServiceProcess> {
    const started = await ServiceProcess.start(
      service,
      join(this.directory, `${name}.config.json`),
      config,
      limit,
    );
    this.#processes.push(started);
    return started;
  }
}

/** Whether a GET is answered with success; a connection that was closed under it is asked again by whoever waits. */
export async function isOk(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Resolves once `holds` does. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !(await holds());) {
    if (Date.now() > deadline)
      throw new Error(`this did not come true within ${timeoutMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
