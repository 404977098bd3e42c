/** `assay blob repair`: finds what nodes have lost of a blob, rebuilds it from the others, and places it again. */
import { hex } from '@assay/core';
import { Custody, openBlob } from '@assay/storage';
import { challengeNodes } from '../blob/challenge-nodes.ts';
import type { StorageConnection } from '@assay/services';
import { connect } from '../blob/connect.ts';
import { keepCustody, readCustody } from '../blob/custody-file.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { networkCommand } from '../command.ts';
import { finding } from '../report.ts';

/** Leaves per node and round, and rounds at most: a round that finds nothing new is the last. */
const LEAVES = 16;
const ROUNDS = 64;

export const blobRepair = networkCommand<StorageFlags, [blob: Uint8Array]>({
  brief: 'Rebuild what nodes have lost of a blob, and place it again',
  examples: ['blob repair 5f0c…'],
  flags: STORAGE_FLAG,
  args: BLOB_ARG,
  async run(session, flags, blobId) {
    await using network = connect(session, flags.storage);
    const kept = readCustody(session.dir, blobId);
    using blob = await openBlob(blobId, network.options);
    using custody = new Custody(blob.manifest, kept.current, network.options);
    const lost = await findLost(custody, network);
    const before = custody.health();
    const whole = await custody.repair();
    const after = custody.health();
    keepCustody(session.dir, { ...kept, current: custody.certificates() });
    const data = { blob: hex(blobId), lost: Object.fromEntries(lost), repairedPacks: whole, before, after };
    return finding(after.least < after.of, data, [
      ...[...lost].map(([name, shards]) => `${name} had lost ${shards} shards`),
      `before: at least ${before.least} of ${before.of} shards of every pack`,
      `after: at least ${after.least} of ${after.of}; ${whole} packs were made whole`,
    ]);
  },
});

async function findLost(custody: Custody, network: StorageConnection): Promise<Map<string, number>> {
  const lost = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const { failed } = await challengeNodes(custody, network, LEAVES);
    for (const [name, shards] of failed) lost.set(name, (lost.get(name) ?? 0) + shards);
    if (failed.size === 0) break;
  }
  return lost;
}
