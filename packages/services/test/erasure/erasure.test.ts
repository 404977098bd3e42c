/** PROTOCOL 8.2 on real processes: what a client has erased is gone from the node and the gateway, and stays gone. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { signStatement, systemClock } from '@assay/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signRequest } from '../../src/index.ts';
import { type Inferred, inferScale, signedBy } from '../support/infer-client.ts';
import { type Actor, TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';

let network: TestNetwork;
let node: ServiceProcess;
let gateway: ServiceProcess;
let client: Actor;
let stranger: Actor;
let kept: Inferred;
let gone: Inferred;

const ask = (id: string): Promise<Inferred> =>
  inferScale(gateway.url, {
    x: 7.25,
    id,
    parameters: signedBy(client.identity.signer, { model: network.model(), x: 7.25, id }),
  });

/** The node's answer to its client. */
async function payload(receipt: string): Promise<{ status: number; body: string }> {
  const path = `/assay/v1/payloads/${receipt}`;
  const header = signRequest(
    { method: 'GET', path, recipient: node.keyId },
    client.identity.signer,
    systemClock,
  );
  const response = await fetch(node.url + path, { headers: { 'assay-authorization': header } });
  return { status: response.status, body: await response.text() };
}

/** Everything that the outboxes of node and gateway hold. */
const onDisk = (): string =>
  ['node-a', 'gateway']
    .flatMap((name) =>
      readdirSync(join(network.directory, name)).map((file) => join(network.directory, name, file)),
    )
    .map((path) => readFileSync(path).toString('latin1'))
    .join('');

const saltsOf = ({ parameters }: Inferred): string[] =>
  ['request', 'input', 'output'].map((field) => String(parameters[`assay_salt_${field}`]));

beforeAll(async () => {
  network = await TestNetwork.start();
  const v1 = await network.publish('v1', 2);
  await network.decide({ [v1.digest]: 10_000 });
  [node, gateway, client, stranger] = await Promise.all([
    network.node('node-a'),
    network.gateway('gateway'),
    network.join('client', ['agent']),
    network.join('stranger', ['agent']),
  ]);
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  await until(async () => (await fetch(`${gateway.url}/v2/models/scale/ready`)).ok);
  kept = await ask('kept');
  gone = await ask('gone');
  await until(() => [kept, gone].every(({ receipt }) => network.follower.indexOf(receipt) !== undefined));
}, 60_000);
afterAll(() => network.stop());

describe('PROTOCOL 8.2: payload.erase', () => {
  it("counts for nothing from anybody but the receipt's client", async () => {
    // Every reader ignores it, so nobody waits for it.
    await network.log.append(
      signStatement(
        'payload.erase',
        { record: kept.receipt, fields: ['input', 'output'] },
        stranger.identity.signer,
      ),
    );
    await client.say('payload.erase', { record: gone.receipt, fields: ['input', 'output'] });
    await until(async () => (await payload(gone.receipt)).status === 410);
    expect((await payload(kept.receipt)).status).toBe(200);
  });

  it('is answered with a typed error by the node, and a retry by the gateway as well', async () => {
    const { body } = await payload(gone.receipt);
    expect(JSON.parse(body)).toMatchObject({ error: 'NodeError', code: 'erased' });
    await until(async () => (await ask('gone')).status === 410);
    expect((await ask('gone')).error).toContain('GatewayError[erased]');
    expect((await ask('kept')).text).toBe(kept.text);
  });

  it('leaves no salt of it in any file, and the receipt where it was', async () => {
    const bytes = onDisk();
    expect(saltsOf(gone).filter((salt) => bytes.includes(salt))).toEqual([]);
    expect(saltsOf(kept).every((salt) => bytes.includes(salt))).toBe(true);
    expect((await fetch(`${gateway.url}/assay/v1/receipts/${gone.receipt}`)).status).toBe(200);
    expect(network.follower.indexOf(gone.receipt)).toBeDefined();
  });

  it('stays so after kill -9 and a new start', async () => {
    await Promise.all([node.end('SIGKILL'), gateway.end('SIGKILL')]);
    [node, gateway] = await Promise.all([
      network.node('node-a', { listen: new URL(node.url).host }),
      network.gateway('gateway', { listen: new URL(gateway.url).host }),
    ]);
    expect((await payload(gone.receipt)).status).toBe(410);
    expect((await payload(kept.receipt)).status).toBe(200);
    await until(async () => (await ask('gone')).status === 410);
    expect((await ask('kept')).text).toBe(kept.text);
  }, 30_000);
});
