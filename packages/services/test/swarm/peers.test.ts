/** Peers that lie, are silent, refuse or are gone: what each costs a node that wants a chunk of them. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519Signer, fromHex, hex, keyIdOf, randomBytes, systemClock } from '@assay/core';
import { openBlob, type PackHeader, packId } from '@assay/storage';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askingOrder, type Peer, type PeerError, Peers, Swarm } from '../../src/swarm/index.ts';
import { ContentCache, VersionStore } from '../../src/version-content/index.ts';
import { linearVersion } from '../support/linear-version.ts';
import { TestStores } from '../support/stores.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-peers-'));
const version = linearVersion(3, 2 ** 21);
const signer = ed25519Signer(randomBytes(32));
const servers: Server[] = [];
let stores: TestStores;
let blob = '';
let pack = '';
let folders = 0;

beforeAll(async () => {
  stores = await TestStores.start(join(directory, 'stores'));
  blob = (await stores.store(version)).id;
  using opened = await openBlob(fromHex(blob), stores.connection.options);
  pack = hex(packId(opened.manifest.packs[0] as PackHeader));
});

afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await stores.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A key that is asked before the node of the test for what the blob's only pack holds. */
function keyAskedFirst(): string {
  for (;;) {
    const key = keyIdOf(ed25519Signer(randomBytes(32)).publicKey);
    if (askingOrder(pack, [keyIdOf(signer.publicKey), key])[0] === key) return key;
  }
}

/** A node of the log that answers as it pleases. */
async function peer(answer: RequestListener): Promise<Peer> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { keyId: keyAskedFirst(), endpoint: `http://127.0.0.1:${port}` };
}

interface Node extends AsyncDisposable {
  readonly swarm: Swarm;
  readonly versions: VersionStore;
  readonly problems: PeerError[];
}

function node(others: readonly Peer[], timeoutMs = 2_000): Node {
  const problems: PeerError[] = [];
  const cache = new ContentCache(join(directory, `cache-${folders++}`));
  const swarm = new Swarm({
    connection: stores.connection,
    cache,
    self: keyIdOf(signer.publicKey),
    others: () => others,
    peers: new Peers({ signer, clock: systemClock, timeoutMs }),
    isPublished: (id) => id === blob,
    onProblem: (error) => problems.push(error),
  });
  const versions = new VersionStore({ cache, blobs: swarm, blobOf: () => blob });
  return { swarm, versions, problems, [Symbol.asyncDispose]: () => swarm[Symbol.asyncDispose]() };
}

const graphOf = async ({ versions }: Node): Promise<string> =>
  hex((await versions.version(version.digest)).graph);
const codes = ({ problems }: Node): string[] => [...new Set(problems.map(({ code }) => code))];

describe('chunks from peers', () => {
  it('every node that knows the same keys asks them in the same order, and each is somebody’s home', () => {
    const keys = Array.from({ length: 5 }, () => keyIdOf(ed25519Signer(randomBytes(32)).publicKey));
    const homes = new Set<string | undefined>();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.shuffledSubarray(keys, { minLength: 5 }),
        (chunk, shuffled) => {
          const order = askingOrder(hex(chunk), keys);
          homes.add(order[0]);
          expect(askingOrder(hex(chunk), shuffled)).toEqual(order);
          // A key that is gone moves only the chunks that it was home of.
          expect(
            askingOrder(
              hex(chunk),
              keys.filter((key) => key !== order[4]),
            ),
          ).toEqual(order.slice(0, 4));
        },
      ),
      { seed: 7 },
    );
    expect(homes.size).toBe(5);
  });

  it.each([
    ['lying', ((_, response) => response.end(Buffer.alloc(2 ** 20, 7))) as RequestListener],
    ['lying', ((_, response) => response.end()) as RequestListener],
    ['silent', (() => undefined) as RequestListener],
    ['silent', ((request) => request.socket.destroy()) as RequestListener],
    ['refused', ((_, response) => response.writeHead(503).end()) as RequestListener],
  ])('a peer that is %s costs a retry, and the bytes are right', async (code, answer) => {
    const bad = await Promise.all([peer(answer), peer(answer), peer(answer)]);
    await using cold = node(bad, 300);
    expect(await graphOf(cold)).toBe(hex(version.graph));
    expect(codes(cold)).toEqual([code]);
    expect(cold.swarm.counts.fromPeers).toBe(0);
  });

  it('a peer that endlessly sends is cut off; one that lied or was silent is left aside, one that refused is not', async () => {
    const flood = await peer((_, response) => {
      const pour = (): void => void (response.writable && response.write(Buffer.alloc(2 ** 20), pour));
      pour();
    });
    const silent = await peer(() => undefined);
    const refusing = await peer((_, response) => response.writeHead(404).end());
    let now = 1_700_000_000_000;
    await using peers = new Peers({ signer, clock: { now: () => now }, timeoutMs: 300 });
    const wanted = { blob, chunk: 'a'.repeat(64), length: 100 };
    await expect(peers.chunk(flood, wanted)).rejects.toMatchObject({ code: 'lying' });
    await expect(peers.chunk(silent, wanted)).rejects.toMatchObject({ code: 'silent' });
    await expect(peers.chunk(refusing, wanted)).rejects.toMatchObject({ code: 'refused' });
    const asked = (): boolean[] => [flood, silent, refusing].map((each) => peers.isAsked(each));
    expect(asked()).toEqual([false, false, true]);
    now += 31_000;
    expect(asked()).toEqual([false, true, true]);
  });

  it('gives chunks of published blobs alone, and only those they have', async () => {
    await using cold = node([]);
    const other = await stores.store(linearVersion(8));
    expect(await cold.swarm.give(other.id, 'a'.repeat(64))).toBeUndefined();
    expect(await cold.swarm.give(blob, 'a'.repeat(64))).toBeUndefined();
    const { manifest } = await cold.swarm.open(fromHex(blob));
    const id = hex((manifest.chunks.at(-1) as { id: Uint8Array }).id);
    const asked = await Promise.all(Array.from({ length: 8 }, () => cold.swarm.give(blob, id)));
    expect(asked.every((bytes) => bytes !== undefined)).toBe(true);
    // Eight asked at once, and storage was read once: the one pack that there is.
    expect(cold.swarm.counts.fromStorage).toBe(manifest.packs[0]?.packLen);
  });
});
