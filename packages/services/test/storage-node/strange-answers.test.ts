/** A client's view of whatever may answer at a node's address: nothing that comes from there is an error of ours. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AssayError, randomBytes, sha256 } from '@assay/core';
import { encodePage, NodeError, ReceiptError } from '@assay/storage';
import { HttpNode } from '@assay/storage/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: Server;
let node: HttpNode;
let answer: { status: number; body: Uint8Array; headers?: Record<string, string> };

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(answer.status, answer.headers).end(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  node = new HttpNode({ url: `http://127.0.0.1:${port}`, id: randomBytes(32) });
});

afterAll(async () => {
  await node[Symbol.asyncDispose]();
  server.close();
});

const id = sha256(randomBytes(8));
const place = { index: 0, range: { from: 0, to: 1 } };
const challenge = { networkId: id, nodeId: id, seed: id, leaves: [] };
const facts = { blobId: id, totalBytes: 1, packCertificates: [], leaseEnd: 1 };

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  putShard: () => {
    const { headerBytes, shards } = encodePage(randomBytes(64), 4);
    return node.putShard({ header: headerBytes, index: 0, body: shards[0] as Uint8Array, session: 'ab' });
  },
  renewShard: () => node.renewShard(id, { index: 0, session: 'ab' }),
  getLeaves: () => node.getLeaves(id, place),
  hello: () => node.hello(randomBytes(32)),
  challenge: () => node.challenge(challenge),
  seal: () => node.seal({ facts, certificates: [] }),
};

async function errorOf(call: () => Promise<unknown>): Promise<AssayError<string> | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    expect(
      [NodeError, ReceiptError].some((family) => error instanceof family),
      String(error),
    ).toBe(true);
    return error as AssayError<string>;
  }
}

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  it('noise is no answer, and ends nothing but the call', async () => {
    for (const length of [0, 1, 31, 200]) {
      answer = { status: 200, body: randomBytes(length), headers: { 'assay-proof': '%%%' } };
      const error = await errorOf(call);
      // Sixty-four bytes of anything could be a signature: whoever asked for it checks it.
      if (name !== 'seal') expect(['corrupt', 'signature']).toContain(error?.code);
    }
  });

  it('an endless answer is cut off', async () => {
    answer = { status: 200, body: new Uint8Array(18 << 20) };
    expect((await errorOf(call))?.code).toBe('corrupt');
  });

  it("a proxy's page is no node: it is out of reach, and the upload goes on with others", async () => {
    for (const body of ['<html>not found</html>', '{"message":"no route"}', 'null', '']) {
      answer = { status: 404, body: Buffer.from(body) };
      expect((await errorOf(call))?.code).toBe('unreachable');
    }
  });
});
