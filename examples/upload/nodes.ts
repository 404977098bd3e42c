/** Six storage nodes on this machine, each a process of its own, that can be frozen, killed, wiped and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import { PROFILES } from '@assay/storage';

const MAIN = fileURLToPath(new URL('../../packages/services/src/storage-node/main.ts', import.meta.url));
const QUOTA_BYTES = 16 * 2 ** 30;

interface Node {
  readonly name: string;
  readonly key: string;
  url: string;
  child: ChildProcess | undefined;
}

/** Key ids whose capabilities the nodes honour; everybody is fine on this machine alone. */
type Tenants = readonly string[] | 'everybody';

/** Dispose of them when done: that ends the processes; their folders stay. */
export class LocalNodes implements AsyncDisposable {
  readonly #dir: string;
  readonly #nodes: readonly Node[];
  readonly #networkId = hex(randomBytes(32));

  readonly #tenants: Tenants;

  private constructor(dir: string, tenants: Tenants) {
    this.#dir = dir;
    this.#tenants = tenants;
    this.#nodes = Array.from({ length: PROFILES.local.n }, (_, i) => {
      const name = `store-${i + 1}`;
      mkdirSync(join(dir, name), { recursive: true });
      const seed = randomBytes(32);
      writeFileSync(join(dir, name, 'seed'), `${hex(seed)}\n`, { mode: 0o600 });
      return { name, key: `ed25519:${hex(ed25519Signer(seed).publicKey)}`, url: '', child: undefined };
    });
  }

  /** Makes keys below `dir`, starts all nodes, and writes `dir/storage.json`. */
  static async launch(dir: string, tenants: Tenants = 'everybody'): Promise<LocalNodes> {
    const nodes = new LocalNodes(dir, tenants);
    await Promise.all(nodes.#nodes.map(({ name }) => nodes.start(name)));
    const members = nodes.#nodes.map(({ name, key, url }) => ({ name, key, url }));
    writeFileSync(
      nodes.networkFile,
      JSON.stringify({ committee: nodes.#committee, nodes: members }, null, 2),
    );
    return nodes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map(({ name }) => this.kill(name)));
  }

  get networkFile(): string {
    return join(this.#dir, 'storage.json');
  }

  get names(): string[] {
    return this.#nodes.map(({ name }) => name);
  }

  keyOf(name: string): string {
    return this.#node(name).key;
  }

  /** Process ids of those that run. */
  get pids(): number[] {
    return this.#nodes.flatMap(({ child }) =>
      child?.exitCode === null && child.signalCode === null ? (child.pid ?? []) : [],
    );
  }

  /** SIGSTOP: its sockets stay open, and nothing moves. */
  freeze(name: string): void {
    this.#node(name).child?.kill('SIGSTOP');
  }

  thaw(name: string): void {
    this.#node(name).child?.kill('SIGCONT');
  }

  /** SIGKILL: it has no moment to tidy up. */
  async kill(name: string): Promise<void> {
    const { child } = this.#node(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Empties its disk. */
  wipe(name: string): void {
    rmSync(join(this.#dir, name, 'data'), { recursive: true, force: true });
  }

  /** Starts it, at the address that it had before; resolves once it listens. */
  async start(name: string): Promise<void> {
    const node = this.#node(name);
    const folder = join(this.#dir, name);
    const config = {
      listen: node.url === '' ? '127.0.0.1:0' : new URL(node.url).host,
      seedFile: join(folder, 'seed'),
      data: join(folder, 'data'),
      quotaBytes: QUOTA_BYTES,
      committee: this.#committee,
      tenants: this.#tenants,
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config, null, 2));
    const child = spawn(process.execPath, [MAIN, join(folder, 'config.json')], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: join(this.#dir, 'cache') },
    });
    node.child = child;
    node.url = await listening(child, name);
  }

  get #committee(): object {
    const members = this.#nodes.map(({ key }) => key);
    return { networkId: this.#networkId, epoch: 1, profile: PROFILES.local, members };
  }

  #node(name: string): Node {
    const node = this.#nodes.find((each) => each.name === name);
    if (node === undefined) throw new RangeError(`there is no node "${name}"`);
    return node;
  }
}

function listening(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`${name} ended with ${signal ?? `code ${code}`}`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', (line) => {
      resolve((JSON.parse(line) as { listening: string }).listening);
    });
  });
}
