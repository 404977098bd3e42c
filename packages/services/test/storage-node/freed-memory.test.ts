import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, randomBytes, sha256 } from '@assay/core';
import { encodePage, PROFILES } from '@assay/storage';
import { httpNode } from '@assay/storage/node';
import { expect, it } from 'vitest';
import { loadStorageNodeConfig } from '../../src/storage-node/config.ts';
import { openStorageSeed } from '../../src/storage-node/seed.ts';
import { startStorageNode } from '../../src/storage-node/start.ts';

const SHARD = 12 * 1_048_576;

/** Asks for a shard and reads none of the answer until `go` resolves; then the body's digest. */
async function slowly(url: URL, path: string, go: Promise<unknown>): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n`);
  await go;
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  const answer = Buffer.concat(parts);
  return hex(sha256(answer.subarray(answer.indexOf('\r\n\r\n') + 4)));
}

it('a shard’s memory is given back after the whole answer: slow and quick readers get the same bytes, each time', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'assay-freed-'));
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(directory, { recursive: true }));
  const seedFile = join(directory, 'seed');
  const { publicKey } = openStorageSeed(seedFile);
  const others = Array.from({ length: 5 }, () => ed25519Signer(randomBytes(32)).publicKey);
  const members = [publicKey, ...others].map((id) => `ed25519:${hex(id)}`);
  const committee = { networkId: hex(randomBytes(32)), epoch: 1, profile: PROFILES.local, members };
  const fixed = { listen: '127.0.0.1:0', seedFile, data: join(directory, 'data'), quotaBytes: 1e9 };
  const file = join(directory, 'config.json');
  await writeFile(file, JSON.stringify({ ...fixed, tenants: 'everybody', committee }));
  const node = await startStorageNode(loadStorageNodeConfig(file), (error) => {
    throw error;
  });
  cleanup.defer(() => node.stop());
  await using client = httpNode(node);

  const page = encodePage(randomBytes(SHARD), 6);
  const body = page.shards[0] as Uint8Array;
  await client.putShard({ header: page.headerBytes, index: 0, body, session: 's' });
  const leaves = SHARD / 65_536;
  const { promise: go, resolve: begin } = Promise.withResolvers<void>();
  const path = `/v1/shards/${hex(page.id)}/0?from=0&to=${leaves}`;
  const slow = Array.from({ length: 3 }, () => slowly(new URL(node.url), path, go));
  for (let round = 0; round < 3; round++) {
    const whole = { index: 0, range: { from: 0, to: leaves } };
    const shown = await Promise.all([1, 2].map(() => client.getLeaves(page.id, whole)));
    for (const { bytes } of shown) expect(hex(sha256(bytes))).toBe(hex(sha256(body)));
    const part = await client.getLeaves(page.id, { index: 0, range: { from: 7, to: 9 } });
    expect(hex(sha256(part.bytes))).toBe(hex(sha256(body.subarray(7 * 65_536, 9 * 65_536))));
  }
  begin();
  expect(await Promise.all(slow)).toEqual(Array.from({ length: 3 }, () => hex(sha256(body))));
});
