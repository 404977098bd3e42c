/** Six real storage node processes on this machine, which a test may stop, kill, wipe and restart. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fromHex, hex, randomBytes, type Signer, systemClock } from '@assay/core';
import { type Committee, PROFILES, type StorageNode } from '@assay/storage';
import { type HttpNode, httpNode } from '@assay/storage/node';
import type { StorageNetwork } from '../../src/storage-client/description.ts';
import { openStorageSeed } from '../../src/storage-node/seed.ts';
import { tenantProver } from '../../src/storage-client/prover.ts';

const MAIN = new URL('../../src/storage-node/main.ts', import.meta.url).pathname;

interface Member {
  readonly directory: string;
  id: Uint8Array;
  url: string;
  process: ChildProcess | undefined;
  client: HttpNode | undefined;
}

/** How a cluster differs from six processes on loopback with their disks below one root. */
export interface ClusterOptions {
  readonly count?: number;
  /** Directory of a node's segments. */
  readonly data?: (at: number) => string;
  /** The address a node listens on, and the command that puts its process where that address is. */
  readonly place?: (at: number) => { readonly host: string; readonly command: readonly string[] };
  /** The one tenant, by whose proofs clients speak; without it everybody may. */
  readonly tenant?: Signer;
  /** Another program that speaks as a storage node: its path; undefined for the real one. */
  readonly main?: (at: number) => string | undefined;
  /** Seconds between a node's looks at what it holds. */
  readonly upkeep?: number;
  /** More of a node's configuration. */
  readonly more?: Readonly<Record<string, unknown>>;
}

export class Cluster implements AsyncDisposable {
  readonly root: string;
  readonly #members: Member[];
  readonly #options: ClusterOptions;
  #committee: Committee | undefined;

  private constructor(root: string, members: Member[], options: ClusterOptions) {
    this.root = root;
    this.#members = members;
    this.#options = options;
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const { count = 6 } = options;
    const root = await mkdtemp(join(tmpdir(), 'assay-cluster-'));
    const members = Array.from({ length: count }, (_, i): Member => {
      return {
        directory: join(root, `node-${i}`),
        id: new Uint8Array(0),
        url: '',
        process: undefined,
        client: undefined,
      };
    });
    const cluster = new Cluster(root, members, options);
    for (const at of members.keys()) await cluster.#learnKey(at);
    const networkId = randomBytes(32);
    cluster.#committee = {
      networkId,
      epoch: 1,
      profile: PROFILES.local,
      members: members.map(({ id }) => id),
    };
    await Promise.all(members.map((_, at) => cluster.restart(at)));
    return cluster;
  }

  get committee(): Committee {
    return this.#committee as Committee;
  }

  get nodes(): StorageNode[] {
    return this.#members.map(({ client }) => client as HttpNode);
  }

  /** Moves the network to a later epoch: its operators stop their nodes, say so in their configurations, and start them. */
  async moveTo(epoch: number): Promise<void> {
    this.#committee = { ...this.committee, epoch };
    const again = async (at: number): Promise<void> => {
      await this.kill(at);
      await this.restart(at);
    };
    await Promise.all(this.#members.map((_, at) => again(at)));
  }

  /** Its description, as clients are given it. */
  get description(): StorageNetwork {
    const nodes = this.#members.map(({ id, url }, at) => ({ name: `node-${at}`, id, url }));
    return { committee: this.committee, nodes };
  }

  url(at: number): string {
    return this.#member(at).url;
  }

  /** SIGSTOP, SIGCONT, SIGKILL, SIGTERM. */
  signal(at: number, signal: NodeJS.Signals): void {
    this.#member(at).process?.kill(signal);
  }

  async kill(at: number): Promise<void> {
    const child = this.#member(at).process;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    if (child?.kill('SIGKILL')) await gone;
  }

  /** kill -9 and an empty data directory. */
  async wipe(at: number): Promise<void> {
    await this.kill(at);
    await rm(this.dataOf(at), { recursive: true });
  }

  /** Starts a node again on the address it had. */
  async restart(at: number): Promise<void> {
    const member = this.#member(at);
    await this.#configure(at, true);
    const line = await this.#spawn(at);
    member.url = String(line.listening);
    if (member.client !== undefined) return;
    const { tenant } = this.#options;
    const outside = { clock: systemClock, entropy: { bytes: randomBytes } };
    const prove = tenant === undefined ? {} : { prove: tenantProver(tenant, outside) };
    member.client = httpNode({ url: member.url, id: member.id, ...prove });
  }

  /** Directory of a node's segments. */
  dataOf(at: number): string {
    return this.#options.data?.(at) ?? join(this.#member(at).directory, 'data');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [at, { client }] of this.#members.entries()) {
      this.signal(at, 'SIGCONT');
      await this.kill(at);
      await client?.[Symbol.asyncDispose]();
    }
    await rm(this.root, { recursive: true });
  }

  async #learnKey(at: number): Promise<void> {
    await mkdir(this.#member(at).directory);
    await this.#configure(at, false);
    // One process shows that a node prints its key before there is a committee; the others cost only their start.
    if (at > 0) {
      this.#member(at).id = openStorageSeed(join(this.#member(at).directory, 'seed')).publicKey;
      return;
    }
    this.#member(at).id = fromHex(String((await this.#spawn(at)).node).slice('ed25519:'.length));
  }

  async #configure(at: number, whole: boolean): Promise<void> {
    const { directory, url } = this.#member(at);
    const base = {
      seedFile: join(directory, 'seed'),
      data: this.dataOf(at),
      quotaBytes: 1e10,
      segmentBytes: 4 << 20,
      ...this.#options.more,
      tenants: this.#options.tenant ? [`ed25519:${hex(this.#options.tenant.publicKey)}`] : 'everybody',
    };
    const { host } = this.#options.place?.(at) ?? { host: '127.0.0.1' };
    const listen = url === '' ? `${host}:0` : new URL(url).host;
    const { networkId, epoch, profile, members } = this.#committee ?? {
      networkId: new Uint8Array(0),
      epoch: 0,
      profile: {},
      members: [],
    };
    const keys = members.map((id) => `ed25519:${hex(id)}`);
    const committee = whole
      ? { committee: { networkId: hex(networkId), epoch, profile, members: keys } }
      : {};
    await writeFile(join(directory, 'config.json'), JSON.stringify({ ...base, listen, ...committee }));
  }

  async #spawn(at: number): Promise<{ listening?: string; node?: string }> {
    const member = this.#member(at);
    const command = this.#options.place?.(at).command ?? [];
    const [program = '', ...args] = [
      ...command,
      process.execPath,
      this.#options.main?.(at) ?? MAIN,
      join(member.directory, 'config.json'),
      ...(this.#options.upkeep === undefined ? [] : ['--upkeep', String(this.#options.upkeep)]),
    ];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    member.process = child;
    const lines = createInterface({ input: child.stdout });
    const first = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('exit', (code) => reject(new Error(`node ${at} ended with ${code} before it spoke`)));
    });
    return JSON.parse(first) as { listening?: string; node?: string };
  }

  #member(at: number): Member {
    return this.#members[at] as Member;
  }
}
