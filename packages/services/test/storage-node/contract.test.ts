/** The contract suite over HTTP: nodes as their process runs them, on a directory and on an S3-compatible endpoint. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import { type Committee, PROFILES, type StorageNode } from '@assay/storage';
import { httpNode } from '@assay/storage/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NodeUnderTest, nodeContract } from '../../../storage/test/node-contract.ts';
import { type StrictS3, strictS3 } from '../../../storage/test/strict-s3.ts';
import { loadStorageNodeConfig } from '../../src/storage-node/config.ts';
import { startStorageNode } from '../../src/storage-node/start.ts';

const seeds = Array.from({ length: 6 }, () => randomBytes(32));
const signers = seeds.map((seed) => ed25519Signer(seed));
const committee: Committee = {
  networkId: randomBytes(32),
  epoch: 3,
  profile: PROFILES.local,
  members: signers.map(({ publicKey }) => publicKey),
};
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-contract-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  return directory;
}

/** Starts a node; gives a client of it and how to stop it. */
async function start(
  directory: string,
  place: object,
): Promise<{ node: StorageNode; stop: () => Promise<void> }> {
  const seedFile = join(directory, 'seed');
  await writeFile(seedFile, `${hex(seeds[0] as Uint8Array)}\n`);
  const key = (id: Uint8Array): string => `ed25519:${hex(id)}`;
  const members = committee.members.map(key);
  const config = {
    listen: '127.0.0.1:0',
    seedFile,
    ...place,
    quotaBytes: 1e9,
    tenants: 'everybody',
    committee: { ...committee, networkId: hex(committee.networkId), members },
  };
  const path = join(directory, 'config.json');
  await writeFile(path, JSON.stringify(config));
  const running = await startStorageNode(loadStorageNodeConfig(path), (error) => {
    throw error;
  });
  const client = httpNode({ url: running.url, id: running.id });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await client[Symbol.asyncDispose]();
    await running.stop();
  };
  cleanups.push(stop);
  return { node: client, stop };
}

async function underTest(place: (name: string) => object, rot: NodeUnderTest['rot']): Promise<NodeUnderTest> {
  const directory = await temporary();
  const first = await start(directory, place('data'));
  const again = async (name: string): Promise<StorageNode> => {
    await first.stop();
    return (await start(directory, place(name))).node;
  };
  return { node: first.node, restart: () => again('data'), wiped: () => again('empty'), rot };
}

nodeContract('HTTP over a directory', {
  committee,
  signers,
  durability: 1,
  make: async () => {
    const root = await temporary();
    return underTest(
      (name) => ({ data: join(root, name), segmentBytes: 1 << 20 }),
      async (id) => {
        const [name] = (await readdir(join(root, 'data'))).toSorted();
        const path = join(root, 'data', name as string);
        const bytes = await readFile(path);
        const at = bytes.indexOf(id) + 50_000;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        await writeFile(path, bytes);
      },
    );
  },
});

describe('S3 behind HTTP', () => {
  let server: StrictS3;
  beforeAll(async () => void (server = await strictS3()));
  afterAll(() => server[Symbol.asyncDispose]());

  nodeContract('HTTP over S3', {
    committee,
    signers,
    durability: 2,
    make: async () => {
      const directory = await temporary();
      const credentialsFile = join(directory, 'credentials.json');
      await writeFile(credentialsFile, JSON.stringify({ accessKeyId: 'a', secretAccessKey: 'b' }));
      const run = hex(randomBytes(4));
      const place = (name: string): object => ({
        s3: { endpoint: server.endpoint, bucket: 'models', prefix: `${run}/${name}/`, credentialsFile },
      });
      return underTest(place, async (id, index) => {
        const stored = server.objects.get(`models/${run}/data/shards/${hex(id)}/${index}`);
        if (stored === undefined) throw new Error('there is no such object');
        stored.bytes = Buffer.from(stored.bytes);
        stored.bytes[50_000] = (stored.bytes[50_000] ?? 0) ^ 1;
      });
    },
  });

  it('a configuration names a directory or an endpoint, never both and never neither', async () => {
    const directory = await temporary();
    const s3 = { endpoint: server.endpoint, bucket: 'models' };
    for (const place of [{}, { data: 'x', s3 }]) {
      await expect(start(directory, place)).rejects.toMatchObject({ code: 'schema' });
    }
  });
});
