/** Pages beside a manifest: a quorum makes them safe, and whoever hangs holds nobody up. */
import { randomBytes, sha256 } from '@assay/core';
import { describe, expect, it } from 'vitest';
import { seeded, SimDisk } from '../../../sim/storage/sim-disk.ts';
import { readPage, storePages } from '../src/client/stored-pages.ts';
import { type Disk, LocalNode, monotonicClock, StorageEngine } from '../src/node/index.ts';
import { NodeError } from '../src/errors.ts';
import { cast } from './fixtures.ts';

const refused = new NodeError('disk-full', { what: 'no room' });

const { committee, signers } = cast(6);
const never = new Promise<never>(() => undefined);

/** A disk whose writes never end from the moment that `hangs` says so. */
const hanging = (disk: SimDisk, hangs: () => boolean): Disk => ({
  list: () => disk.list(),
  create: (segment, bytes) => disk.create(segment, bytes),
  size: (segment) => disk.size(segment),
  write: (segment, offset, parts) => (hangs() ? never : disk.write(segment, offset, parts)),
  sync: (segment) => disk.sync(segment),
  read: (segment, offset, length) => disk.read(segment, offset, length),
  remove: (segment) => disk.remove(segment),
});

/** Six nodes of this process, of which the first `silent` hang once they are open. */
async function nodesOf(silent: number): Promise<LocalNode[]> {
  let open = false;
  const nodes = signers.map(async (signer, at) => {
    const disk = hanging(new SimDisk({ random: seeded(at), capacity: 1e9 }), () => open && at < silent);
    const shared = {
      signer,
      committee: () => committee,
      clock: monotonicClock,
      randomBytes,
      quotaBytes: 1e9,
    };
    return new LocalNode(await StorageEngine.open({ ...shared, disk, segmentBytes: 1 << 20 }));
  });
  const all = await Promise.all(nodes);
  open = true;
  return all;
}

describe('stored pages', () => {
  const page = randomBytes(10_000);
  const store = (nodes: readonly LocalNode[]): Promise<Uint8Array[]> =>
    storePages([page], { committee, nodes, clock: monotonicClock, session: 's' });

  it('are stored when a quorum has signed for them; a node that hangs is not waited for', async () => {
    const nodes = await nodesOf(1);
    expect(await store(nodes)).toEqual([sha256(page)]);
    expect(Buffer.compare(await readPage(sha256(page), nodes.slice(1)), page)).toBe(0);
  });

  it('a node that is only later than the quorum takes them too', async () => {
    const nodes = await nodesOf(0);
    await store(nodes);
    await expect
      .poll(async () =>
        (await Promise.allSettled(nodes.map((node) => node.getPage(sha256(page))))).map(
          ({ status }) => status,
        ),
      )
      .toEqual(Array(6).fill('fulfilled'));
  });

  it('below a quorum they are refused, in the time that a node may take', async () => {
    const gone = await nodesOf(0);
    const refusing = gone.map((node, at) =>
      at < 2
        ? new Proxy(node, {
            get: (target, name) => (name === 'id' ? target.id : () => Promise.reject(refused)),
          })
        : node,
    );
    await expect(store(refusing)).rejects.toMatchObject({ code: 'refused' });
  });
});
