/** `assay blob repair`: finds what nodes have lost of a blob, rebuilds it from the others, and places it again. */
import { hex } from '@assay/core';
import { type Accusation, type Custody, openBlob } from '@assay/storage';
import { challengeNodes } from '../blob/challenge-nodes.ts';
import type { StorageConnection } from '@assay/services';
import { connect } from '../blob/connect.ts';
import { existsCustody, keepCustody, readCustody } from '../blob/custody-file.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { logAccusations, logRepair, openCustody } from '../blob/storage-log.ts';
import { networkCommand } from '../command.ts';
import { finding } from '../report.ts';
import { counted } from '../words.ts';

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
    const id = hex(blobId);
    using blob = await openBlob(blobId, network.options);
    using custody = await openCustody(session, network, { blob: id, id: blobId, manifest: blob.manifest });
    const { lost, accusations } = await findLost(custody, network);
    const because = await logAccusations(session, network, { blob: id, accusations });
    const before = custody.health();
    const whole = await custody.repair();
    const after = custody.health();
    if (existsCustody(session.dir, blobId))
      keepCustody(session.dir, { ...readCustody(session.dir, blobId), current: custody.certificates() });
    const logged = await logRepair(session, network, { custody, blob: id, repaired: whole, because });
    const data = { blob: id, lost: Object.fromEntries(lost), repairedPacks: whole, before, after, because };
    return finding(after.least < after.of, { ...data, ...(logged === undefined ? {} : { logged }) }, [
      ...[...lost].map(([name, shards]) => `${name} had lost ${counted(shards, 'shard')}`),
      `before: at least ${before.least} of ${before.of} shards of every pack`,
      whole === 0 && after.least === after.of
        ? 'nothing to repair'
        : `after: at least ${after.least} of ${after.of}; ${counted(whole, 'pack')} made whole`,
      ...(logged === undefined ? [] : [`repair logged as ${logged}`]),
    ]);
  },
});

interface Losses {
  /** Shards by node. */
  readonly lost: ReadonlyMap<string, number>;
  readonly accusations: readonly Accusation[];
}

async function findLost(custody: Custody, network: StorageConnection): Promise<Losses> {
  const lost = new Map<string, number>();
  const accusations = new Map<string, Accusation>();
  for (let round = 0; round < ROUNDS; round++) {
    const found = await challengeNodes(custody, network, LEAVES);
    for (const [name, shards] of found.failed) lost.set(name, (lost.get(name) ?? 0) + shards);
    for (const [name, accusation] of found.accusations)
      if (!accusations.has(name)) accusations.set(name, accusation);
    if (found.failed.size === 0) break;
  }
  return { lost, accusations: [...accusations.values()] };
}
