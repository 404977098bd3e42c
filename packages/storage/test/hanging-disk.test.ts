/** Nodes of the client's own process write from the client's memory: what hangs must neither stop it nor be given other bytes. */
import { randomBytes } from '@assay/core';
import { expect, it } from 'vitest';
import { seeded, SimDisk } from '../../../sim/storage/sim-disk.ts';
import { memorySource, packId, upload, wasmKernel } from '../src/index.ts';
import { type Disk, LocalNode, monotonicClock, StorageEngine } from '../src/node/index.ts';
import { rendezvous } from '../src/committee.ts';
import { Hold } from '../src/client/hold.ts';
import { shardRoot } from '../src/merkle.ts';
import { cast } from './fixtures.ts';
import { noise } from './model-files.ts';

const players = cast(6);
const SHARD = 128 << 10;

it('memory is free when its task and every node that writes from it are done, and free once', () => {
  let freed = 0;
  const hold = new Hold(() => freed++);
  const letGo = hold.take();
  hold.letGo();
  expect([freed, hold.isFree]).toEqual([0, false]);
  letGo();
  letGo();
  expect([freed, hold.isFree]).toEqual([1, true]);
});

it('a disk that hangs keeps the memory it writes from; the upload goes on in what is left of it', async () => {
  const { promise: free, resolve: release } = Promise.withResolvers<void>();
  let [hanging, waiting] = [false, 0];
  const hung = (disk: SimDisk): Disk => ({
    list: () => disk.list(),
    create: (segment, bytes) => disk.create(segment, bytes),
    size: (segment) => disk.size(segment),
    write: async (segment, offset, parts) => {
      waiting += hanging ? 1 : 0;
      if (hanging) await free;
      await disk.write(segment, offset, parts);
    },
    sync: (segment) => disk.sync(segment),
    read: (segment, offset, length) => disk.read(segment, offset, length),
    remove: (segment) => disk.remove(segment),
  });
  const engines = await Promise.all(
    players.signers.map((signer, i) => {
      const disk = new SimDisk({ random: seeded(i), capacity: 1e9 });
      const shared = { clock: monotonicClock, randomBytes, quotaBytes: 1e9, segmentBytes: 8 << 20 };
      const committee = () => players.committee;
      return StorageEngine.open({ disk: i === 0 ? hung(disk) : disk, signer, committee, ...shared });
    }),
  );
  hanging = true;
  const ends = [1, 2, 3, 4, 5, 6].map((pack) => pack * 4 * SHARD);
  const result = await upload([{ path: 'm', source: memorySource(noise(24 * SHARD, 1)), ends }], {
    committee: players.committee,
    nodes: engines.map((engine) => new LocalNode(engine)),
    // Three packs, of which the hanging disk comes to hold two.
    kernel: wasmKernel({ bytes: 3 * 6 * (SHARD + 64) }),
    clock: monotonicClock,
    random: Math.random,
    randomBytes,
    journal: { entries: [], append: () => undefined, sync: async () => undefined },
    shardBytes: SHARD,
    window: 2,
  });
  expect(result.manifest.packs.length).toBe(6);
  expect(waiting).toBe(1);
  release();
  const [engine] = engines as [StorageEngine];
  const first = result.manifest.packs[0];
  if (first === undefined) throw new Error('there is no pack');
  const index = rendezvous(players.committee, packId(first)).findIndex((id) => id === engine.id);
  await expect.poll(() => engine.usage.shards).toBeGreaterThan(0);
  const { bytes } = await engine.getLeaves(packId(first), { index, range: { from: 0, to: 2 } });
  expect(shardRoot(bytes)).toEqual(first.roots[index]);
}, 30_000);
