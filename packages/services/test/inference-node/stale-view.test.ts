import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferScale } from '../support/infer-client.ts';
import { TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import type { TestVersion } from '../support/linear-version.ts';

let network: TestNetwork;
let node: ServiceProcess;
let gateway: ServiceProcess;
let v1: TestVersion;

beforeAll(async () => {
  network = await TestNetwork.start();
  v1 = await network.publish('v1', 2);
  await network.decide({ [v1.digest]: 10_000 });
  [node, gateway] = await Promise.all([
    network.node('node-a', { maxDecisionAge: 4 }),
    network.gateway('gateway', { attempts: 1 }),
  ]);
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  await until(async () => (await inferScale(gateway.url)).status === 200);
}, 60_000);
afterAll(() => network.stop());

describe('PROTOCOL 4.3: without a fresh witnessed view of decisions', () => {
  it('an idle log does not make a node stale: its witnesses sign the same tree again', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect((await inferScale(gateway.url, { id: 'idle' })).status).toBe(200);
  });

  it('channels stop, pins go on, and what was answered reaches the log once it is back', async () => {
    const held = await inferScale(gateway.url, { id: 'before' });
    await until(() => network.follower.indexOf(held.receipt) !== undefined);
    await network.stopLog();
    const during = await inferScale(gateway.url, { id: 'during', version: 'v1' });
    expect(during.status).toBe(200);
    await until(async () => {
      const { status, error } = await inferScale(gateway.url);
      return status === 502 && error?.includes('witnessed view') === true;
    });
    expect((await inferScale(gateway.url, { version: 'v1' })).y).toBe(2);
    await network.startLog();
    await until(() => network.follower.indexOf(during.receipt) !== undefined, 20_000);
    await until(async () => (await inferScale(gateway.url)).status === 200);
  });
});
