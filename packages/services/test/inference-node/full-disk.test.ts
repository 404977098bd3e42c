import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Inferred, inferScale } from '../support/infer-client.ts';
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
  // Room for the node's own statements and some twenty receipts.
  [node, gateway] = await Promise.all([
    network.node('node-a', {}, { fileBytes: 64 * 1_024 }),
    network.gateway('gateway', { attempts: 1 }),
  ]);
  await until(() => network.follower.registry.leases.of(node.keyId, v1.digest) !== undefined);
}, 60_000);
afterAll(() => network.stop());

describe.skipIf(process.platform === 'win32')('PROTOCOL 5.3: a disk that fails', () => {
  it('ends the node instead of answering without a durable receipt, and all that was answered reaches the log', async () => {
    const answers: Inferred[] = [];
    await until(async () => {
      const answer = await inferScale(gateway.url, { x: answers.length });
      if (answer.status === 200) answers.push(answer);
      return answer.status !== 200 && answers.length > 0;
    });
    expect(await node.exited()).toBe(1);
    expect(node.log).toContain('OutboxError[failed]');
    node = await network.node('node-a', { listen: new URL(node.url).host });
    await until(() => answers.every(({ receipt }) => network.follower.indexOf(receipt) !== undefined));
    const receipts = network.records.filter(
      ({ kind, signer }) => kind === 'output.receipt' && signer === node.keyId,
    );
    const sequences = receipts.map((r) => (r.kind === 'output.receipt' ? Number(r.predicate.sequence) : -1));
    expect(sequences).toEqual(sequences.map((_, i) => i));
    await until(async () => (await inferScale(gateway.url)).status === 200);
  });
});
