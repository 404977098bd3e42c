/** The contract suite over local disks and over S3: a strict server of the published API, and s3rver. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, randomBytes } from '@assay/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StorageNode } from '../src/index.ts';
import {
  type BucketOptions,
  LocalNode,
  monotonicClock,
  openBucket,
  openFileDisk,
  S3Engine,
  StorageEngine,
} from '../src/node/index.ts';
import { encodePage } from '../src/client/encode.ts';
import { cast } from './fixtures.ts';
import { type NodeUnderTest, nodeContract } from './node-contract.ts';
import { type StrictS3, strictS3 } from './strict-s3.ts';

const { committee, signers } = cast(6);
const signer = signers[0] as (typeof signers)[number];
const shared = { signer, committee: () => committee, clock: monotonicClock, randomBytes, quotaBytes: 1e9 };
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-driver-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  return directory;
}

async function flip(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

nodeContract('local disk', {
  committee,
  signers,
  durability: 1,
  make: async (): Promise<NodeUnderTest> => {
    const directory = await temporary();
    const open = async (name: string): Promise<StorageNode> => {
      const disk = await openFileDisk(join(directory, name));
      cleanups.push(() => disk[Symbol.asyncDispose]());
      return new LocalNode(await StorageEngine.open({ ...shared, disk, segmentBytes: 1 << 20 }));
    };
    return {
      node: await open('data'),
      restart: () => open('data'),
      wiped: () => open('empty'),
      rot: async (id, index) => {
        const names = await readdir(join(directory, 'data'));
        const path = join(directory, 'data', names.toSorted()[0] as string);
        const bytes = await readFile(path);
        // A record's fixed header holds the id at byte 32 and the index at byte 6; the body is 50,000 bytes on, somewhere.
        const at = bytes.indexOf(id) - 32;
        expect(bytes.readUInt16LE(at + 6)).toBe(index);
        await flip(path, at + 50_000);
      },
    };
  },
});

/** Credentials that s3rver knows. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

async function overS3(
  place: Pick<BucketOptions, 'endpoint' | 'bucket'>,
  rot: (key: string) => Promise<void> | void,
): Promise<NodeUnderTest> {
  const prefix = `${hex(randomBytes(4))}/`;
  const open = async (at: string): Promise<StorageNode> => {
    const bucket = await openBucket({ ...place, prefix: at, region: 'us-east-1', credentials });
    cleanups.push(() => bucket[Symbol.dispose]());
    return new LocalNode(await S3Engine.open({ ...shared, bucket }));
  };
  return {
    node: await open(prefix),
    restart: () => open(prefix),
    wiped: () => open(`${prefix}empty/`),
    rot: async (id, index) => rot(`${prefix}shards/${hex(id)}/${index}`),
  };
}

describe('S3, strict', () => {
  let server: StrictS3;
  beforeAll(async () => void (server = await strictS3()));
  afterAll(() => server[Symbol.asyncDispose]());

  const make = (): Promise<NodeUnderTest> =>
    overS3({ endpoint: server.endpoint, bucket: 'models' }, (key) => {
      const stored = server.objects.get(`models/${key}`);
      if (stored === undefined) throw new Error(`there is no ${key}`);
      stored.bytes = Buffer.from(stored.bytes);
      stored.bytes[50_000] = (stored.bytes[50_000] ?? 0) ^ 1;
    });
  nodeContract('S3, checksums attested', { committee, signers, durability: 2, make });

  it('every object was stored under the SHA-256 that the provider was told', () => {
    expect(server.objects.size).toBeGreaterThan(10);
  });

  it('a provider that is full is a node that is full: no receipt', async () => {
    await using full = await strictS3();
    const { node } = await overS3({ endpoint: full.endpoint, bucket: 'models' }, () => undefined);
    full.refuse(507, 'InsufficientStorage');
    const page = encodePage(randomBytes(1_000), 6);
    const put = { header: page.headerBytes, index: 0, body: page.shards[0] as Uint8Array, session: 's' };
    await expect(node.putShard(put)).rejects.toMatchObject({ code: 'disk-full' });
  });
});

describe('S3, s3rver', () => {
  // s3rver knows no checksums: what it was sent is read back and compared before anything is signed.
  interface Server {
    run(): Promise<{ port: number }>;
    close(): Promise<void>;
  }
  type Rver = new (options: object) => Server;
  let [server, directory, endpoint] = [undefined as Server | undefined, '', ''];
  beforeAll(async () => {
    const S3rver = createRequire(import.meta.url)('s3rver') as Rver;
    directory = await mkdtemp(join(tmpdir(), 'assay-s3rver-'));
    const options = { port: 0, address: '127.0.0.1', silent: true, directory, vhostBuckets: false };
    server = new S3rver({ ...options, configureBuckets: [{ name: 'models' }] });
    endpoint = `http://127.0.0.1:${(await server.run()).port}`;
  });
  afterAll(async () => {
    await server?.close();
    await rm(directory, { recursive: true });
  });

  nodeContract('S3, read back', {
    committee,
    signers,
    durability: 2,
    make: () =>
      overS3({ endpoint, bucket: 'models' }, (key) =>
        flip(join(directory, 'models', `${key}._S3rver_object`), 50_000),
      ),
  });
});
