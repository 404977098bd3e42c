import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import { type Committee, encodePage, issueCapability, PROFILES, proveRequest } from '@assay/storage';
import { httpNode } from '@assay/storage/node';
import { afterEach, describe, expect, it } from 'vitest';
import { loadStorageNodeConfig } from '../../src/storage-node/config.ts';
import { openStorageSeed } from '../../src/storage-node/seed.ts';
import { startStorageNode } from '../../src/storage-node/start.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

const tenant = ed25519Signer(randomBytes(32));
const holder = ed25519Signer(randomBytes(32));
const seconds = (): number => Math.floor(Date.now() / 1_000);

async function startNode(quotaBytes = 1e6): Promise<{ url: string; id: Uint8Array; committee: Committee }> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-gate-'));
  cleanups.push(() => rm(directory, { recursive: true }));
  const seedFile = join(directory, 'seed');
  const { publicKey } = openStorageSeed(seedFile);
  const members = [publicKey, ...Array.from({ length: 5 }, () => ed25519Signer(randomBytes(32)).publicKey)];
  const committee = { networkId: randomBytes(32), epoch: 1, profile: PROFILES.local, members };
  const config = {
    listen: '127.0.0.1:0',
    seedFile,
    data: join(directory, 'data'),
    quotaBytes,
    tenants: [`ed25519:${hex(tenant.publicKey)}`],
    committee: {
      ...committee,
      networkId: hex(committee.networkId),
      members: members.map((id) => `ed25519:${hex(id)}`),
    },
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  const node = await startStorageNode(loadStorageNodeConfig(join(directory, 'config.json')), (error) => {
    throw error;
  });
  cleanups.push(() => node.stop());
  return { ...node, committee };
}

function client({ url, id }: { url: string; id: Uint8Array }, operations: ('put' | 'get')[], maxBytes = 1e6) {
  const fields = {
    holder: holder.publicKey,
    operations,
    nodes: [id],
    maxBytes,
    expires: seconds() + 60,
    nonce: randomBytes(16),
  };
  const capability = issueCapability(fields, tenant);
  const node = httpNode({
    url,
    id,
    prove: (facts) => proveRequest(capability, { ...facts, time: seconds() }, holder),
  });
  cleanups.push(() => node[Symbol.asyncDispose]());
  return node;
}

const put = (seed: number, size = 1_000) => {
  const page = encodePage(new Uint8Array(size).fill(seed), 6);
  return { header: page.headerBytes, index: 0, body: page.shards[0] as Uint8Array, session: 's' };
};

describe('PROTOCOL 8.3: capabilities over HTTP', () => {
  it('a holder may do what its tenant allowed, and nothing else; a stranger nothing', async () => {
    const node = await startNode();
    const writer = client(node, ['put']);
    const receipt = await writer.putShard(put(1));
    const at = { index: 0, range: { from: 0, to: 1 } };
    await expect(writer.getLeaves(receipt.shard.packId, at)).rejects.toMatchObject({ code: 'unauthorised' });
    expect((await client(node, ['get']).getLeaves(receipt.shard.packId, at)).bytes).toHaveLength(1_024);
    const stranger = httpNode({ url: node.url, id: node.id });
    cleanups.push(() => stranger[Symbol.asyncDispose]());
    await expect(stranger.putShard(put(2))).rejects.toMatchObject({ code: 'unauthorised' });
    expect((await stranger.hello(randomBytes(32))).boots).toHaveLength(1);
  });

  it('507 without a receipt: a capability used up, and a node that is full', async () => {
    const node = await startNode(5_000);
    const small = client(node, ['put'], 2_500);
    await small.putShard(put(1));
    await small.putShard(put(2));
    await expect(small.putShard(put(3))).rejects.toMatchObject({ code: 'quota' });
    const large = client(node, ['put']);
    await large.putShard(put(3));
    await large.putShard(put(4));
    await expect(large.putShard(put(5))).rejects.toMatchObject({ code: 'disk-full' });
  });

  it('a node that everybody may write to listens on this machine only', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'assay-gate-'));
    cleanups.push(() => rm(directory, { recursive: true }));
    const path = join(directory, 'config.json');
    const config = { listen: '0.0.0.0:0', seedFile: 'x', data: 'y', quotaBytes: 1, tenants: 'everybody' };
    await writeFile(path, JSON.stringify(config));
    expect(() => loadStorageNodeConfig(path)).toThrow(/unsafe/);
  });

  it('a server that answers without our error shape is absent, not believed', async () => {
    const server = createServer((_, response) => response.writeHead(502).end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const node = httpNode({ url: `http://127.0.0.1:${port}`, id: new Uint8Array(32) });
    cleanups.push(() => node[Symbol.asyncDispose]());
    await expect(node.putShard(put(1))).rejects.toMatchObject({ code: 'unreachable' });
  });
});
