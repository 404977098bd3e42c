/** Six storage nodes of a test, in its own process but over real sockets and disks. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hex, randomBytes, systemClock } from '@assay/core';
import { memorySource, PROFILES } from '@assay/storage';
import {
  connectStorage,
  readStorageNetwork,
  type StorageConnection,
} from '../../src/storage-client/index.ts';
import type { StorageNodeConfig } from '../../src/storage-node/config.ts';
import { openStorageSeed } from '../../src/storage-node/seed.ts';
import { type RunningStorageNode, startStorageNode } from '../../src/storage-node/start.ts';
import { storeFiles, versionFiles } from '../../src/version-content/index.ts';
import type { TestVersion } from './linear-version.ts';

const profile = PROFILES.local;

/** The nodes. */
export class TestStores {
  readonly networkFile: string;
  readonly connection: StorageConnection;
  readonly #configs: readonly StorageNodeConfig[];
  readonly #running: (RunningStorageNode | undefined)[];

  private constructor(given: {
    networkFile: string;
    configs: readonly StorageNodeConfig[];
    running: RunningStorageNode[];
  }) {
    this.networkFile = given.networkFile;
    this.#configs = given.configs;
    this.#running = given.running;
    const entropy = { bytes: randomBytes };
    this.connection = connectStorage(readStorageNetwork(given.networkFile, systemClock), {
      clock: systemClock,
      entropy,
    });
  }

  /** Six nodes, and spares if asked for; open to everybody, or to tenants by key id. */
  static async start(
    directory: string,
    spares = 0,
    tenants: StorageNodeConfig['tenants'] = 'everybody',
  ): Promise<TestStores> {
    mkdirSync(directory, { recursive: true });
    const seeds = Array.from({ length: profile.n + spares }, (_, i) =>
      join(directory, `storage-${i + 1}.seed`),
    );
    const members = seeds.map((seed) => `ed25519:${hex(openStorageSeed(seed).publicKey)}`);
    const committee = { networkId: hex(randomBytes(32)), epoch: 1, profile, members };
    const configs = seeds.map((seedFile, i) => ({
      listen: '127.0.0.1:0',
      seedFile,
      data: join(directory, `storage-${i + 1}`),
      quotaBytes: 2 ** 30,
      segmentBytes: 2 ** 20,
      committee,
      tenants,
      readers: 'everybody' as const,
    }));
    const running = await Promise.all(configs.map((config) => startStorageNode(config, failed)));
    const nodes = running.map(({ url }, i) => ({ name: `storage-${i + 1}`, key: members[i], url }));
    const networkFile = join(directory, 'storage.json');
    writeFileSync(networkFile, JSON.stringify({ committee, nodes }));
    return new TestStores({ networkFile, configs, running });
  }

  /** Stores a version; gives what `version.publish` says of it. */
  async store({ manifest, graph }: TestVersion): Promise<{ id: string; size: string }> {
    const files = versionFiles(manifest, new Map([[manifest.graph.id, memorySource(graph)]]));
    const { blobId, certificate } = await storeFiles(files, { connection: this.connection });
    return { id: hex(blobId), size: String(certificate.totalBytes) };
  }

  /** Bytes of shards and pages that all nodes have given out, as they count themselves. */
  async shownBytes(): Promise<number> {
    const states = this.#running.map(async (node) => {
      return node === undefined
        ? 0
        : ((await (await fetch(`${node.url}/v1/status`)).json()) as { shown: number }).shown;
    });
    return (await Promise.all(states)).reduce((sum, shown) => sum + shown, 0);
  }

  /** Takes a node away; its disk and its address stay. */
  async take(at: number): Promise<void> {
    await this.#running[at]?.stop();
    this.#running[at] = undefined;
  }

  /** Takes a node away with its disk, and brings it back empty. */
  async wipe(at: number): Promise<void> {
    await this.take(at);
    rmSync(String(this.#configs[at]?.data), { recursive: true });
    await this.bring(at);
  }

  /** Brings it back. */
  async bring(at: number): Promise<void> {
    const { url } = readStorageNetwork(this.networkFile, systemClock).nodes[at] as { url: string };
    const config = { ...(this.#configs[at] as StorageNodeConfig), listen: new URL(url).host };
    this.#running[at] = await startStorageNode(config, failed);
  }

  async stop(): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
    await Promise.all(this.#running.map((_, at) => this.take(at)));
  }
}

function failed(error: unknown): void {
  throw new Error('a storage node of the test failed', { cause: error });
}
