import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { openStatement } from '@assay/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetwork, until } from '../../services/test/support/network.ts';
import type { ServiceProcess } from '../../services/test/support/service-process.ts';
import { Assay, SdkError } from '../src/index.ts';

let network: TestNetwork;
let gateways: ServiceProcess[];
let decision = '';
const relays: Server[] = [];

beforeAll(async () => {
  network = await TestNetwork.start();
  const v1 = await network.publish('v1', 2);
  decision = await network.decide({ [v1.digest]: 10_000 });
  const [node, ...others] = await Promise.all([
    network.node('node-a'),
    network.gateway('gateway-1'),
    network.gateway('gateway-2'),
  ]);
  gateways = others;
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  for (const { url } of gateways) await until(async () => (await fetch(`${url}/v2/models/scale/ready`)).ok);
}, 240_000);
afterAll(async () => {
  for (const relay of relays) relay.close();
  await network.stop();
});

const clientOf = (change: Partial<ConstructorParameters<typeof Assay>[0]> = {}): Assay =>
  new Assay({
    gateway: gateways.map(({ url }) => url),
    policy: network.policy,
    followProofs: false,
    sleep: () => Promise.resolve(),
    ...change,
  });

/** A gateway that bends what the real one says. */
async function relay(bend: (body: Buffer) => Buffer): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const answer = await fetch(`${gateways[0]!.url}${request.url}`, {
        method: request.method!,
        headers: Object.entries(request.headers).filter(
          ([name]) => name.startsWith('inference') || name === 'content-type',
        ) as [string, string][],
        ...(request.method === 'POST' ? { body: Buffer.concat(parts) } : {}),
      });
      const body = bend(Buffer.from(await answer.arrayBuffer()));
      const length = answer.headers.get('inference-header-content-length');
      response.writeHead(answer.status, length === null ? {} : { 'inference-header-content-length': length });
      response.end(body);
    })();
  });
  relays.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const inputs = { x: [[21]] };

describe('PROTOCOL 5.3: a client with a key', { timeout: 180_000 }, () => {
  it('asks in that name by signing; without the key nothing goes out', async () => {
    const { identity } = await network.join('sdk-agent-with-key', ['agent']);
    const answer = await clientOf({ key: identity.signer }).infer({ model: 'scale', inputs: { x: [[4]] } });
    expect(answer.receipt.receipt.request.client).toBe(identity.keyId);
    const pinned = {
      model: 'scale',
      version: 'v1',
      inputs: { x: [[4]] },
      outputs: ['y'],
      uses: [answer.receipt.id],
    };
    expect((await clientOf({ key: identity.signer }).infer(pinned)).values()).toEqual([8]);
    await expect(clientOf({ client: identity.keyId }).infer(pinned)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('the client asks, and gives an answer only once its receipt holds', { timeout: 180_000 }, () => {
  it('takes lists, gives values, and the receipt is by a node that joined', async () => {
    const answer = await clientOf().infer({ model: 'scale', inputs });
    expect(answer.values()).toEqual([42]);
    expect(answer.target).toEqual({ channel: network.channel(), decision });
    const statement = openStatement(answer.receipt.entry);
    expect(statement.id).toBe(answer.receipt.id);
  });

  it('follows the receipt into the log and verifies the proof by its own policy', async () => {
    const answer = await clientOf().infer({ model: 'scale', inputs });
    const proof = await answer.proof();
    expect(proof.receipt.id).toBe(answer.receipt.id);
    expect(proof.bracket.before).toBeDefined();
    expect(await answer.proof()).toBe(proof);
  });

  it('PROTOCOL 5.3: the same id gives the same receipt, also from a client that remembers nothing', async () => {
    const ask = { model: 'scale', inputs, id: 'sdk-same' };
    const [first, again] = [await clientOf().infer(ask), await clientOf().infer(ask)];
    expect(again.receipt.id).toBe(first.receipt.id);
    await expect(clientOf().infer({ ...ask, inputs: { x: [[3]] } })).rejects.toThrow(/409.*id-reused/);
  });

  it('goes on to the next gateway with the same id when one is away, and says so when all are', async () => {
    const away = 'http://127.0.0.1:9';
    const answer = await clientOf({ gateway: [away, gateways[1]!.url] }).infer({
      model: 'scale',
      inputs,
      id: 'sdk-failover',
    });
    expect(answer.id).toBe('sdk-failover');
    expect(answer.gateway).toBe(gateways[1]!.url);
    await expect(clientOf({ gateway: away }).infer({ model: 'scale', inputs })).rejects.toMatchObject({
      code: 'unreachable',
    });
  });

  it('refuses an output that the receipt does not cover', async () => {
    // 42 as FP32, little-endian, at the end of the body.
    const bent = await relay((body) =>
      body.subarray(-4).equals(Buffer.from('00002842', 'hex'))
        ? Buffer.concat([body.subarray(0, -4), Buffer.from('00002942', 'hex')])
        : body,
    );
    const failure = clientOf({ gateway: bent }).infer({ model: 'scale', inputs });
    await expect(failure).rejects.toMatchObject({ code: 'mismatch' });
    await expect(failure).rejects.toThrow(/output is not the one of this answer/);
  });

  it('refuses a receipt by a key that never joined, whatever the gateway says of it', async () => {
    const stranger = clientOf({ participants: () => undefined });
    await expect(stranger.infer({ model: 'scale', inputs })).rejects.toMatchObject({
      code: 'untrusted-node',
    });
    const agent = await network.join('sdk-agent', ['agent']);
    const participants = { roles: ['agent'], paymentKey: agent.identity.paymentKey };
    await expect(
      clientOf({ participants: () => participants }).infer({ model: 'scale', inputs }),
    ).rejects.toMatchObject({ code: 'untrusted-node' });
  });

  it('refuses a proof under a policy that is not its own', async () => {
    const other = await TestNetwork.start();
    try {
      const client = clientOf({
        policy: other.policy,
        participants: () => ({ roles: ['node'], paymentKey: '' }),
      });
      const answer = await client.infer({ model: 'scale', inputs });
      await expect(answer.proof()).rejects.toMatchObject({ code: 'log-signature' });
    } finally {
      await other.stop();
    }
  });

  it('says what is wrong with an input before anything is asked', async () => {
    await expect(clientOf().infer({ model: 'scale', inputs: { y: [[1]] } })).rejects.toThrow(
      /Its inputs are x/,
    );
    await expect(clientOf().infer({ model: 'nothing', inputs })).rejects.toThrow(/unknown-model/);
    expect(() => clientOf({ gateway: [] })).toThrow(SdkError);
  });
});
