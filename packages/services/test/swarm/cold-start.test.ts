/** Five real nodes that want one cold version at once, and what storage had to give for it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearVersion, type TestVersion } from '../support/linear-version.ts';
import { TestNetwork, until } from '../support/network.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import type { NodeState } from '../../src/inference-node/node-state.ts';

/** Three packs of storage: each has a home among the nodes. */
const SIZE = 48 * 2 ** 20;
const NODES = ['a', 'b', 'c', 'd', 'e'] as const;

const version = linearVersion(3, SIZE);
let network: TestNetwork;
const nodes: ServiceProcess[] = [];

const stateOf = async ({ url }: ServiceProcess): Promise<NodeState> =>
  (await fetch(`${url}/assay/v1/state`, { headers: { connection: 'close' } })).json() as Promise<NodeState>;
/** Whether the node has all of the version's bytes; a lease is there before. */
const hasLoaded = async (node: ServiceProcess, { graph }: TestVersion): Promise<boolean> => {
  const { swarm } = await stateOf(node);
  return swarm.fromStorage + swarm.fromPeers >= graph.length;
};
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

beforeAll(async () => {
  network = await TestNetwork.start();
  for (const name of NODES) nodes.push(await network.node(name));
}, 240_000);

afterAll(async () => {
  await network?.stop();
});

describe('a cold start of five nodes', () => {
  it('takes the blob from storage about once: nodes give one another verified chunks', async () => {
    await network.publish('big', version);
    const before = await network.stores.shownBytes();
    await network.decide({ [version.digest]: 10_000 });
    for (const node of nodes) await until(() => hasLoaded(node, version), 90_000);
    const shown = (await network.stores.shownBytes()) - before;
    const swarms = (await Promise.all(nodes.map(stateOf))).map(({ swarm }) => swarm);
    const said = JSON.stringify({ size: version.graph.length, shown, swarms });
    expect(shown, said).toBeGreaterThanOrEqual(version.graph.length);
    expect(shown, said).toBeLessThanOrEqual(1.3 * version.graph.length);
    expect(
      sum(swarms.map(({ fromStorage, fromPeers }) => fromStorage + fromPeers)),
      said,
    ).toBeGreaterThanOrEqual(NODES.length * version.graph.length);
  }, 180_000);

  it('a node that comes later takes it from those that have it, though one of them is dead', async () => {
    await nodes[1]?.end();
    const before = await network.stores.shownBytes();
    const late = await network.node('late');
    await until(() => hasLoaded(late, version), 90_000);
    const { swarm } = await stateOf(late);
    expect(swarm.fromPeers, JSON.stringify(swarm)).toBeGreaterThanOrEqual(SIZE / 3);
    expect((await network.stores.shownBytes()) - before, JSON.stringify(swarm)).toBeLessThan(SIZE);
  }, 180_000);
});
