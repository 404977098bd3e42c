/** Real lane: disks that fill up, and disks whose power is cut. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '@assay/core';
import { verifyShardReceipt } from '@assay/storage';
import { describe, expect } from 'vitest';
import { type Acked, judge, LEAST_ACKED, putUntilCut, UNSYNCED } from './acked-shards.ts';
import { realTest } from './needs.ts';
import { PowerDisk } from './power-disk.ts';
import { afterwards, clusterOf, expectNoFall, expectSame, MIB, start, temporary } from './upload-run.ts';

const CUTS = Number(process.env['ASSAY_CUTS'] ?? 20);

describe('real lane: disks', () => {
  realTest(
    '9. a disk of 12 MiB fills up (tmpfs): no receipt beyond it, the spare takes over, the bar never falls',
    ['mount', 'tmpfs'],
    async () => {
      const full = await temporary();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'assay-real', full]);
      afterwards(() => void spawnSync('umount', ['-l', full]));
      const roots = await temporary();
      const data = (at: number): string => (at === 4 ? join(full, 'data') : join(roots, `data-${at}`));
      const cluster = await clusterOf({ count: 7, data });
      const run = await start(cluster);
      const result = await run.result;
      expectNoFall(run.events);
      const id = cluster.committee.members[4];
      expect(run.events).toContainEqual({ type: 'node', node: id, state: 'full' });
      for (const { packId, receipts } of result.packCertificates) {
        for (const receipt of receipts) {
          const { nodeId, shard } = verifyShardReceipt(receipt, cluster.committee);
          if (hex(nodeId) !== hex(id as Uint8Array)) continue;
          const at = { index: shard.index, range: { from: 0, to: Math.ceil(shard.length / 65_536) } };
          const leaves = await cluster.nodes[4]?.getLeaves(packId, at);
          expect(leaves?.bytes.length).toBe(shard.length);
        }
      }
      await expectSame(cluster, result.blobId);
    },
  );

  realTest(
    `4. T10: ${CUTS} power cuts during group commits: acknowledged and then lost bytes are 0`,
    ['nbdkit', 'nbdfuse', 'losetup', 'mkfs.ext4', 'mount', 'fuse', 'loop', 'ext4'],
    async () => {
      const disk = await PowerDisk.make(await temporary(), 2_048 * MIB);
      afterwards(() => disk[Symbol.asyncDispose]());
      const tally = { acked: 0, lost: 0, bytes: 0, falseReceipts: 0 };
      let unsyncedLost = 0;
      const all: Acked[] = [];
      for (let cut = 0; cut < CUTS; cut++) {
        const acked = await putUntilCut(disk);
        await disk.restore();
        const left = await readFile(join(disk.mount, 'unsynced')).catch(() => undefined);
        if (left === undefined || Buffer.compare(left, UNSYNCED) !== 0) unsyncedLost++;
        await rm(join(disk.mount, 'unsynced'), { force: true });
        // Those of earlier cuts as well, a few of them each time.
        await judge(disk, [...acked, ...all.filter(() => Math.random() < 0.02)], tally);
        all.push(...acked);
      }
      await judge(disk, all, tally);
      const sum = { cuts: CUTS, shards: all.length, checks: tally.acked, ...tally, unsyncedLost };
      process.stderr.write(`power cuts: ${JSON.stringify(sum)}\n`);
      expect(all.length).toBeGreaterThanOrEqual(CUTS * LEAST_ACKED);
      // A cut that loses nothing at all would prove nothing.
      expect(unsyncedLost).toBeGreaterThan(CUTS / 2);
      expect(tally).toMatchObject({ lost: 0, bytes: 0, falseReceipts: 0 });
    },
  );
});
