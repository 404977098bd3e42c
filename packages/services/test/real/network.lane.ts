/** Real lane: a network that is slow, loses packets, and cuts nodes off. */
import { ed25519Signer, randomBytes } from '@assay/core';
import { describe, expect } from 'vitest';
import { DelayProxy } from './delay-proxy.ts';
import { Namespaces } from './namespaces.ts';
import { realTest } from './needs.ts';
import { afterwards, bars, clusterOf, expectNoFall, expectSame, SIZE, start } from './upload-run.ts';

describe('real lane: network', () => {
  realTest(
    '10. 50 ms ± 20 ms, 5 % of packets lost, and nodes 1 and 2 cut off for 5 s: identical bytes, no step back, no pack twice',
    ['ip', 'iptables', 'network namespaces and veth', 'iptables statistic'],
    async () => {
      const spaces = new Namespaces(6, 0.05);
      afterwards(() => spaces[Symbol.dispose]());
      const via = async (_at: number, url: string): Promise<string> => {
        const { hostname: host, port } = new URL(url);
        const place = { host, port: Number(port), delay: 25, jitter: 10 };
        const proxy = await DelayProxy.start({ ...place, random: Math.random });
        afterwards(() => proxy[Symbol.asyncDispose]());
        return proxy.url;
      };
      const place = (at: number) => ({ host: spaces.host(at), command: spaces.command(at) });
      const cluster = await clusterOf({ place, via, tenant: ed25519Signer(randomBytes(32)) });
      const healed = Promise.withResolvers<void>();
      const cutOff = (): void => {
        for (const at of [1, 2]) spaces.partition(at);
        setTimeout(() => {
          for (const at of [1, 2]) spaces.heal(at);
          healed.resolve();
        }, 5_000);
      };
      const { events, result } = await start(cluster, { share: 0.3, act: cutOff });
      const { blobId } = await result;
      await healed.promise;
      expectNoFall(events);
      expect(bars(events).at(-1)).toBe(SIZE);
      const certified = events
        .flatMap((event) => (event.type === 'progress' ? event.changes : []))
        .flatMap((change) => (change.type === 'certified' ? [change.pack] : []));
      expect(new Set(certified).size).toBe(certified.length);
      await expectSame(cluster, blobId);
    },
  );
});
