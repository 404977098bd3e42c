/** Real lane: a network that is slow, loses, reorders and duplicates packets, and cuts nodes off. */
import { createHash } from 'node:crypto';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import { describe, expect } from 'vitest';
import { runClient, taskFor } from './client-process.ts';
import { LossyLine } from './lossy-line.ts';
import { Namespaces } from './namespaces.ts';
import { realTest } from './needs.ts';
import type { Told } from './upload-client.ts';
import { afterwards, clusterOf, content, SIZE, temporary } from './upload-run.ts';

/** One way, so 50 ms ± 20 ms there and back. */
const WEATHER = { delay: 25, jitter: 10, loss: 0.05, reorder: 0.02, duplicate: 0.02 };
const NODES = 6;
const CLIENT = NODES;
const WINDOW = 4;
const QUORUM = 5;
const RECOVERABLE = 4;

describe('real lane: network', () => {
  realTest(
    '10. 50 ms ± 20 ms, packets lost (5 %), reordered and duplicated (2 %), requests put twice, nodes 1 and 2 cut off for 5 s: the bar is what was acknowledged, the bytes are identical',
    ['ip', 'iptables', 'gcc', 'libnetfilter-queue', 'network namespaces and veth', 'iptables NFQUEUE'],
    async () => {
      const spaces = new Namespaces(NODES + 1);
      afterwards(() => spaces[Symbol.dispose]());
      const seed = randomBytes(32);
      const place = (at: number) => ({ host: spaces.host(at), command: spaces.command(at) });
      const cluster = await clusterOf({ place, tenant: ed25519Signer(seed) });
      const weather = { ...WEATHER, seed: Math.floor(Math.random() * 2 ** 32) };
      const line = await LossyLine.start(spaces, weather, await temporary());
      afterwards(() => line[Symbol.asyncDispose]());

      const healed = Promise.withResolvers<void>();
      const cutOff = (): void => {
        for (const at of [1, 2]) spaces.partition(at);
        setTimeout(() => {
          for (const at of [1, 2]) spaces.heal(at);
          healed.resolve();
        }, 5_000);
      };
      const task = await taskFor(cluster, { window: WINDOW, tenant: hex(seed), twice: 0.2, readBack: true });
      const options = { command: spaces.command(CLIENT), act: { at: 0.3 * SIZE, run: cutOff } };
      const ran = await runClient(task, options);
      await healed.promise;
      const passed = await line.stop();
      process.stderr.write(`seed ${weather.seed}, packets ${JSON.stringify(passed)}, ${said(ran.told)}\n`);

      // A network that did none of it would prove nothing.
      expect(Math.min(passed.lost, passed.overtook, passed.duplicated)).toBeGreaterThan(100);
      expect(ran.told.some((told) => told.type === 'put' && told.twice)).toBe(true);
      expect(ran.causes).toEqual([]);
      expect(ran.bars.at(-1)).toBe(SIZE);
      expectBarIsWhatWasAcknowledged(ran.told);
      expect(ran.read).toBe(createHash('sha256').update(content).digest('hex'));
    },
  );
});

/** Follows the acknowledgements as they came, and holds every bar against them. */
function expectBarIsWhatWasAcknowledged(told: readonly Told[]): void {
  const nodes = new Map<string, Set<string>>();
  const certified = new Set<number>();
  let certifiedBytes = 0;
  for (const each of told) {
    if (each.type === 'put' && !each.page)
      nodes.set(packOf(each.shard), nodes.get(packOf(each.shard)) ?? new Set());
    if (each.type === 'acknowledged') nodes.get(packOf(each.shard))?.add(each.node);
    if (each.type === 'certified') {
      for (const { pack, bytes } of each.packs) {
        expect(certified).not.toContain(pack);
        certified.add(pack);
        certifiedBytes += bytes;
      }
    }
    const signed = [...nodes.values()].filter(({ size }) => size >= QUORUM).length;
    // While too few nodes can be spoken to, what k have signed for is put aside until more can; the rest is in memory.
    const begun = [...nodes.values()].filter(({ size }) => size < RECOVERABLE).length;
    expect(begun).toBeLessThanOrEqual(WINDOW);
    if (each.type !== 'bar') continue;
    expect(each.certified).toBe(certifiedBytes);
    expect(certified.size).toBeLessThanOrEqual(signed);
  }
  expect([...nodes.values()].every(({ size }) => size >= QUORUM)).toBe(true);
  expect(certified.size).toBe(nodes.size);
}

const packOf = (shard: string): string => shard.slice(0, 64);

/** For whoever reads the lane's output: how much of it came about. */
function said(told: readonly Told[]): string {
  const twice = told.filter((each) => each.type === 'put' && each.twice).length;
  const order = told.flatMap((each) => (each.type === 'certified' ? each.packs.map(({ pack }) => pack) : []));
  return `${twice} shards put twice, packs certified in the order ${order.join(' ')}`;
}
