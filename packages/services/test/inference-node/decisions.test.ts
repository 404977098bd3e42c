import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Inferred, inferScale } from '../support/infer-client.ts';
import { TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import type { TestVersion } from '../support/linear-version.ts';

let network: TestNetwork;
let good: ServiceProcess;
let honest: ServiceProcess;
let lying: ServiceProcess;
let gateway: ServiceProcess;
let v1: TestVersion;
let v2: TestVersion;

const FACTOR = { v1: 2, v2: 3 };
const lease = (node: ServiceProcess, version: TestVersion) =>
  network.follower.registry.leases.of(node.keyId, version.digest);
const all = (): ServiceProcess[] => [good, honest, lying];

beforeAll(async () => {
  network = await TestNetwork.start();
  v1 = await network.publish('v1', FACTOR.v1);
  v2 = await network.publish('v2', FACTOR.v2);
  await network.decide({ [v1.digest]: 10_000 });
  [good, honest, lying, gateway] = await Promise.all([
    network.node('node-a'),
    network.node('node-b', { fault: 'serve-stale:honest' }),
    network.node('node-c', { fault: 'serve-stale:lying' }),
    network.gateway('gateway'),
  ]);
  await until(() => all().every((node) => lease(node, v1) !== undefined));
}, 60_000);
afterAll(() => network.stop());

/** Asks until each of `nodes` has answered once; answers by node. */
async function askAll(nodes: readonly ServiceProcess[]): Promise<Map<string, Inferred>> {
  const answers = new Map<string, Inferred>();
  await until(async () => {
    const answer = await inferScale(gateway.url, { x: 1 });
    expect(answer.error).toBeUndefined();
    answers.set(answer.node, answer);
    return nodes.every(({ keyId }) => answers.has(keyId));
  });
  return answers;
}

const receiptOf = async (receipt: string) => {
  await until(() => network.follower.indexOf(receipt) !== undefined);
  const record = network.records.find(({ id }) => id === receipt);
  if (record?.kind !== 'output.receipt') throw new Error('a receipt was due');
  return record.predicate;
};

describe('PROTOCOL 4.3 and 5: nodes follow decisions', () => {
  it('a fault stands in the participant’s name, in the log', () => {
    const names = all().map(({ keyId }) => network.follower.registry.participants.get(keyId)?.name);
    expect(names).toEqual(['node-a', 'node-b.fault-serve-stale-honest', 'node-c.fault-serve-stale-lying']);
  });

  it('a promotion is obeyed once it is witnessed; the old version is drained, the new one leased before', async () => {
    const before = await askAll(all());
    expect([...before.values()].map(({ y }) => y)).toEqual([2, 2, 2]);
    const decision = await network.decide({ [v2.digest]: 10_000 });
    await until(() => all().every((node) => lease(node, v1) === undefined && lease(node, v2) !== undefined));
    const after = await askAll(all());
    for (const { y, receipt } of after.values()) {
      expect(y).toBe(3);
      expect((await receiptOf(receipt)).target).toEqual({ channel: network.channel(), decision });
    }
    const kinds = network.records
      .filter(({ signer }) => signer === good.keyId)
      .map(({ kind, index }) => ({ kind, index }));
    const leasedAt = network.follower.registry.leases.of(good.keyId, v2.digest)?.openedAt ?? Infinity;
    const drainedAt = kinds.find(({ kind }) => kind === 'serve.drain')?.index ?? -1;
    expect(leasedAt).toBeLessThan(drainedAt);
  });

  it('after a rollback the good node serves v1, the honest one says that it serves v2, the lying one says v1 and serves v2', async () => {
    const promotion = network.follower.registry.channels.get(network.channel())?.decisions.at(-1)?.id;
    const rollback = await network.decide({ [v1.digest]: 10_000 });
    await until(() => lease(good, v1) !== undefined && lease(good, v2) === undefined);
    await until(() => all().every((node) => lease(node, v1) !== undefined));
    await until(async () => (await inferScale(gateway.url, { x: 1 })).node === good.keyId);
    const answers = await askAll(all());
    const seen = async (node: ServiceProcess) => {
      const { y, receipt } = answers.get(node.keyId) as Inferred;
      const { version, target } = await receiptOf(receipt);
      return { y, version, decision: 'decision' in target ? target.decision : undefined };
    };
    expect(await seen(good)).toEqual({ y: 2, version: v1.digest, decision: rollback });
    expect(await seen(honest)).toEqual({ y: 3, version: v2.digest, decision: promotion });
    expect(await seen(lying)).toEqual({ y: 3, version: v1.digest, decision: rollback });
  });

  it('neither stale node has drained v2, so its lease shows where to look', () => {
    expect([lease(honest, v2), lease(lying, v2)].every((open) => open !== undefined)).toBe(true);
    expect(lease(good, v2)).toBeUndefined();
  });

  it('started again without the fault, a node drains what it had kept', async () => {
    const port = new URL(lying.url).port;
    await lying.end('SIGKILL');
    lying = await network.node('node-c', { listen: `127.0.0.1:${port}`, endpoint: lying.url });
    await until(() => lease(lying, v2) === undefined && lease(lying, v1) !== undefined);
    const answers = await askAll([lying]);
    expect(answers.get(lying.keyId)?.y).toBe(2);
  });

  it('PROTOCOL 5.5: a canary splits by the request’s id, and the same id stays on its side', async () => {
    await honest.end('SIGTERM');
    await network.decide({ [v1.digest]: 5_000, [v2.digest]: 5_000 }, network.channel('canary'));
    await until(() => [good, lying].every((node) => lease(node, v2) !== undefined));
    const parameters = { assay_channel: 'canary' };
    // A first decision is known to each process only when that process has seen it witnessed.
    await until(async () => {
      const tries = await Promise.all(
        Array.from({ length: 6 }, () => inferScale(gateway.url, { x: 1, parameters })),
      );
      return tries.every(({ status }) => status === 200);
    });
    const ids = Array.from({ length: 24 }, (_, i) => `canary-${i}`);
    const ys = await Promise.all(
      ids.map(async (id) => (await inferScale(gateway.url, { x: 1, id, parameters })).y),
    );
    expect(new Set(ys)).toEqual(new Set([2, 3]));
    const other = { assay_channel: 'canary', assay_client: 'desk-2' };
    const again = await Promise.all(
      ids.map(async (id) => (await inferScale(gateway.url, { x: 1, id, parameters: other })).y),
    );
    expect(again).toEqual(ys);
  });

  it('a pin is served whatever the channel says, and the receipt says that it was pinned', async () => {
    const answer = await inferScale(gateway.url, { x: 1, version: 'v2' });
    expect(answer.y).toBe(3);
    expect((await receiptOf(answer.receipt)).target).toEqual({ pin: v2.digest });
  });

  it('{} stops a channel at once; pins go on', async () => {
    await network.decide({}, network.channel('canary'));
    await until(async () => {
      const { status, error } = await inferScale(gateway.url, {
        x: 1,
        parameters: { assay_channel: 'canary' },
      });
      return status === 503 && error?.includes('[channel-stopped]') === true;
    });
    expect((await inferScale(gateway.url, { x: 1, version: 'v2' })).status).toBe(200);
  });

  it('PROTOCOL 5.2: a withdrawn version is refused even when pinned, and its leases are drained', async () => {
    await network.owner.say('version.withdraw', { model: network.model(), version: v2.digest });
    await until(async () => {
      const { status, error } = await inferScale(gateway.url, { x: 1, version: 'v2' });
      return status === 410 && error?.includes('withdrawn') === true;
    });
    await until(() => [good, lying].every((node) => lease(node, v2) === undefined));
    expect((await inferScale(gateway.url, { x: 1 })).status).toBe(200);
  });
});
