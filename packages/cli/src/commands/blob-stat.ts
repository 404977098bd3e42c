/** `assay blob stat`: what a blob holds, who signed for it, and who answers now. */
import { fromHex, hex } from '@assay/core';
import {
  covers,
  decodeReceipt,
  openBlob,
  type PackCertificate,
  type StorageNode,
  totalBytes,
  verifyHello,
} from '@assay/storage';
import type { StorageConnection } from '@assay/services';
import { connect } from '../blob/connect.ts';
import { convictionLines, convictionsOf, openCustody } from '../blob/storage-log.ts';
import { BLOB_ARG, STORAGE_FLAG, type StorageFlags } from '../blob/flags.ts';
import { networkCommand } from '../command.ts';
import { finding } from '../report.ts';
import { counted } from '../words.ts';

/** How long a node may take to greet, in milliseconds. */
const GREETING_MS = 3_000;

interface NodeState {
  readonly name: string;
  /** Shards that it signed for. */
  readonly signed: number;
  /** The weakest class among its receipts: 1 = its own disk, 2 = a provider attests, 3 = another network does. */
  readonly durability?: number;
  /** Of these, how many its log says to cover now; undefined when it does not answer. */
  readonly covered?: number;
}

/** What a receipt's bytes survive, in the words of specs/storage-format.md. */
const DURABILITY: readonly string[] = [
  '',
  ' (its own disk)',
  ' (provider attested)',
  ' (another network attests)',
];

export const blobStat = networkCommand<StorageFlags, [blob: Uint8Array]>({
  brief: 'What a blob holds, who signed for it, and what their logs cover now',
  examples: ['blob stat 5f0c…'],
  flags: STORAGE_FLAG,
  args: BLOB_ARG,
  async run(session, flags, blobId) {
    await using network = connect(session, flags.storage);
    using blob = await openBlob(blobId, network.options);
    const id = hex(blobId);
    using held = await openCustody(session, network, { blob: id, id: blobId, manifest: blob.manifest });
    const convictions = await convictionsOf(session, network, id);
    const signed = held.health();
    const signedShards = shardsOf(held.certificates());
    const leaseEnd = held.leaseEnd();
    const { files, tensors, packs } = blob.manifest;
    const nodes = await Promise.all(
      network.options.nodes.map((node) => stateOf(node, held.certificates(), network)),
    );
    // What a node's log says now not to cover is struck; who is silent keeps what it signed for.
    await held.greet();
    const stands = held.health();
    // Not by the weakest pack: that may be one which the loser never signed for.
    const lost = signedShards - shardsOf(held.certificates());
    const data = {
      blob: id,
      proven: convictions.map(({ record, holds }) => ({
        record: record.id,
        node: network.nameOf(fromHex(record.predicate.node.slice(8))),
        cause: record.predicate.cause,
        holds: holds ?? null,
      })),
      totalBytes: totalBytes(blob.manifest),
      leaseEnd: leaseEnd ?? null,
      packs: packs.length,
      signed: { least: signed.least, of: signed.of },
      stands: { least: stands.least, of: stands.of },
      lost,
      nodes,
    };
    return finding(
      lost > 0,
      { ...data, files: files.map(({ path, size }) => ({ path, size })), tensors: tensors.length },
      [
        ...files.map(({ path, size }) => `${path}  ${size} bytes`),
        `${counted(packs.length, 'pack')}, ${counted(tensors.length, 'tensor')}, ${leaseEnd === undefined ? 'no lease runs' : `signed for until epoch ${leaseEnd}`}`,
        `every pack has receipts for at least ${signed.least} of ${signed.of} shards`,
        ...(lost > 0
          ? [
              `${counted(lost, 'shard')} of these no longer stand: at least ${stands.least} of ${stands.of} do; "assay blob repair" makes them whole`,
            ]
          : []),
        ...convictionLines(convictions, network),
        ...nodes.map(({ name, signed: shards, covered, durability }) => {
          return `${name}: signed for ${counted(shards, 'shard')}${DURABILITY[durability ?? 0] ?? ''}, ${covered === undefined ? 'does not answer' : `its log covers ${covered}`}`;
        }),
      ],
    );
  },
});

const shardsOf = (packs: readonly PackCertificate[]): number =>
  packs.reduce((sum, { receipts }) => sum + receipts.length, 0);

async function stateOf(
  node: StorageNode,
  current: readonly PackCertificate[],
  network: StorageConnection,
): Promise<NodeState> {
  const receipts = current
    .flatMap((pack) => pack.receipts.map(({ receipt }) => decodeReceipt(receipt)))
    .filter(({ nodeId }) => hex(nodeId) === hex(node.id));
  const weakest = Math.max(0, ...receipts.map(({ durability }) => durability));
  const state = {
    name: network.nameOf(node.id),
    signed: receipts.length,
    ...(weakest > 0 ? { durability: weakest } : {}),
  };
  const nonce = network.options.randomBytes(32);
  const hello = await node.hello(nonce, { signal: AbortSignal.timeout(GREETING_MS) }).catch(() => undefined);
  // A greeting that the node did not sign is no answer of the node.
  if (hello === undefined || hex(hello.nodeId) !== hex(node.id) || !verifyHello(hello, nonce)) return state;
  return { ...state, covered: receipts.filter((receipt) => covers(hello, receipt)).length };
}
