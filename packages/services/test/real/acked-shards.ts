/** Shards that a node's engine acknowledged on a disk whose power is cut, and whether they are there afterwards. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ed25519Signer, hex, randomBytes } from '@assay/core';
import { covers, encodePage, PROFILES, rendezvous, verifyShardReceipt } from '@assay/storage';
import { type FileDisk, monotonicClock, openFileDisk, StorageEngine } from '@assay/storage/node';
import type { PowerDisk } from './power-disk.ts';
import { MIB } from './upload-run.ts';

/** A shard that a node signed for. */
export interface Acked {
  readonly packId: Uint8Array;
  readonly index: number;
  readonly body: Uint8Array;
  readonly receipt: ReturnType<typeof verifyShardReceipt>;
}

/** A cut comes after at least so many acknowledgements. */
export const LEAST_ACKED = 5;
/** Written without an fdatasync just before each cut. */
export const UNSYNCED = randomBytes(MIB);
const signer = ed25519Signer(randomBytes(32));
const members = [signer, ...Array.from({ length: 5 }, () => ed25519Signer(randomBytes(32)))].map(
  (s) => s.publicKey,
);
const committee = { networkId: randomBytes(32), epoch: 1, profile: PROFILES.local, members };

/** A node's engine on the disk, in this process: what a power cut takes is on the disk, not in the process. */
async function openNode(disk: PowerDisk): Promise<{ engine: StorageEngine; files: FileDisk }> {
  const files = await openFileDisk(join(disk.mount, 'data'));
  const more = { signer, committee: () => committee, clock: monotonicClock, randomBytes, quotaBytes: 1e12 };
  return { files, engine: await StorageEngine.open({ disk: files, ...more, segmentBytes: 8 * MIB }) };
}

/** Puts shards, several at once, and cuts the power in the middle of it, some acknowledgements on. */
export async function putUntilCut(disk: PowerDisk): Promise<Acked[]> {
  const acked: Acked[] = [];
  const { engine, files } = await openNode(disk);
  const off = new AbortController();
  const enough = Promise.withResolvers<void>();
  const target = LEAST_ACKED + Math.floor(Math.random() * 30);
  const put = async (): Promise<void> => {
    while (!off.signal.aborted) {
      const {
        id,
        headerBytes: header,
        shards,
      } = encodePage(randomBytes(40_000 + Math.floor(Math.random() * 60_000)), 6);
      const body = shards[0] as Uint8Array;
      const index = rendezvous(committee, id).findIndex((node) => hex(node) === hex(signer.publicKey));
      try {
        const receipt = verifyShardReceipt(
          await engine.putShard({ header, index, body, session: 's' }),
          committee,
        );
        acked.push({ packId: id, index, body, receipt });
        if (acked.length === target) enough.resolve();
      } catch (error) {
        // What was not acknowledged was not promised: the disk is gone, and the node says so.
        if (!off.signal.aborted) enough.reject(error);
        return;
      }
    }
  };
  const putting = Promise.all([1, 2, 3, 4].map(put));
  await enough.promise;
  await writeFile(join(disk.mount, 'unsynced'), UNSYNCED);
  off.abort();
  await disk.cut();
  await putting;
  await files[Symbol.asyncDispose]();
  return acked;
}

/** Opens the node again, reads every acknowledged shard, and adds what is missing to the tally. */
export async function judge(
  disk: PowerDisk,
  acked: readonly Acked[],
  tally: { acked: number; lost: number; bytes: number; falseReceipts: number },
): Promise<void> {
  const { engine, files } = await openNode(disk);
  const hello = engine.hello(randomBytes(32));
  for (const { packId, index, body, receipt } of acked) {
    tally.acked++;
    if (!covers(hello, receipt)) tally.falseReceipts++;
    const range = { from: 0, to: Math.ceil(body.length / 65_536) };
    const back = await engine.getLeaves(packId, { index, range }).catch(() => undefined);
    if (back !== undefined && Buffer.compare(back.bytes, body) === 0) continue;
    tally.lost++;
    tally.bytes += body.length;
  }
  await files[Symbol.asyncDispose]();
}
