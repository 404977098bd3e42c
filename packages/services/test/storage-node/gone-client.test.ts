/** A client that goes away in the middle of a request is no fault of the node's: its log stays silent, and it goes on. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import { PROFILES } from '@assay/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningStorageNode, startStorageNode } from '../../src/storage-node/start.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-gone-'));
const faults: unknown[] = [];
let node: RunningStorageNode;

beforeAll(async () => {
  const seed = randomBytes(32);
  const seedFile = join(directory, 'seed');
  writeFileSync(seedFile, `${hex(seed)}\n`, { mode: 0o600 });
  const own = `ed25519:${hex(ed25519Signer(seed).publicKey)}`;
  const others = Array.from({ length: 5 }, () => `ed25519:${hex(randomBytes(32))}`);
  const committee = {
    networkId: hex(randomBytes(32)),
    epoch: 1,
    profile: PROFILES.local,
    members: [own, ...others],
  };
  const place = { listen: '127.0.0.1:0', seedFile, data: join(directory, 'data') };
  node = await startStorageNode(
    {
      ...place,
      quotaBytes: 2 ** 30,
      segmentBytes: 2 ** 20,
      committee,
      tenants: 'everybody',
      readers: 'tenants',
    },
    (error) => void faults.push(error),
  );
});

afterAll(async () => {
  await node.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('a client that goes away', () => {
  it.each([
    ['resets its connection', 'resetAndDestroy'],
    ['closes it', 'destroy'],
  ] as const)('%s: not a fault', async (_how, end) => {
    const { hostname, port } = new URL(node.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const path = `/v1/shards/${'0'.repeat(64)}/0?session=s`;
    const head = `PUT ${path} HTTP/1.1\r\nHost: node\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n`;
    socket.write(head);
    // The node has begun to read the body by then.
    await once(socket, 'data');
    socket.write('0123456789');
    socket[end]();
    await once(socket, 'close');
    const status = await fetch(`${node.url}/v1/status`);
    expect(status.status).toBe(200);
    expect(faults).toEqual([]);
  });
});
