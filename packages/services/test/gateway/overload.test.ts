import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferScale } from '../support/infer-client.ts';
import { TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';

let network: TestNetwork;
let node: ServiceProcess;
let gateway: ServiceProcess;

beforeAll(async () => {
  network = await TestNetwork.start();
  const v1 = await network.publish('v1', 2);
  await network.decide({ [v1.digest]: 10_000 });
  [node, gateway] = await Promise.all([
    network.node('node-a'),
    network.gateway('gateway', {
      maxInFlight: 4,
      attempts: 1,
      attemptTimeoutMs: 1_500,
      waitTimeoutMs: 2_500,
    }),
  ]);
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
  await until(async () => (await inferScale(gateway.url)).status === 200);
}, 60_000);
afterAll(() => network.stop());

describe('overload', () => {
  it('who is one too many is told at once with 503 and Retry-After, and the gateway stays well', async () => {
    node.freeze();
    const held = Array.from({ length: 4 }, (_, i) => inferScale(gateway.url, { id: `held-${i}` }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const started = Date.now();
    const refused = await inferScale(gateway.url, { id: 'one-too-many' });
    expect(refused.status).toBe(503);
    expect(refused.error).toContain('[overloaded]');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(Date.now() - started).toBeLessThan(1_000);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([502, 502, 502, 502]);
    node.thaw();
    await until(async () => (await inferScale(gateway.url)).status === 200);
  });

  it('those who wait for a proof keep nobody from an answer, and get theirs labelled when the wait runs out', async () => {
    await network.stopLog();
    const waiting = Array.from({ length: 8 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 60));
      return inferScale(gateway.url, { x: i, query: '?wait=witnessed' });
    });
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect((await inferScale(gateway.url)).status).toBe(200);
    for (const { status, parameters } of await Promise.all(waiting)) {
      expect(status).toBe(200);
      expect(parameters).toMatchObject({ assay_state: 'signed', assay_wait: 'timeout' });
    }
    await network.startLog();
  });
});
