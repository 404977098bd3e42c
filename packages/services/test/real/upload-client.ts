/**
 * An upload as a process of its own, for tests that kill it: `node upload-client.ts TASK.json`. Prints JSON lines: the bar, each
 * shard as it is sent and acknowledged, and at the end the blob, and what it reads back when it is asked to.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ed25519Signer, fromHex, hex, randomBytes, sha256, systemClock } from '@assay/core';
import {
  CODEC,
  decodePackHeader,
  openBlob,
  PROFILES,
  type StorageNode,
  upload,
  wasmKernel,
} from '@assay/storage';
import {
  type HttpNode,
  httpNode,
  monotonicClock,
  openFileJournal,
  openFileSource,
} from '@assay/storage/node';
import { tenantProver } from '../../src/storage-client/prover.ts';

/** What the parent writes; keys in hexadecimal. */
export interface UploadTask {
  readonly networkId: string;
  readonly nodes: readonly { readonly id: string; readonly url: string }[];
  readonly file: string;
  readonly journal: string;
  readonly shardBytes: number;
  readonly window: number;
  /** Seed of the tenant that asks, in hexadecimal; without it only nodes that are open to everybody can be asked. */
  readonly tenant?: string;
  /** The share of shards, from 0 to 1, that are put twice at once, as a network that duplicates requests would. */
  readonly twice?: number;
  /** Whether the blob is read back at the end. */
  readonly readBack?: boolean;
}

/** What it prints. */
export type Told =
  | { readonly type: 'bar'; readonly certified: number; readonly causes: readonly string[] }
  /** Packs that became certified since the bar was last shown, by their place in the blob. */
  | {
      readonly type: 'certified';
      readonly packs: readonly { readonly pack: number; readonly bytes: number }[];
    }
  | {
      readonly type: 'put';
      readonly shard: string;
      readonly bytes: number;
      readonly twice: boolean;
      /** A page of the manifest, and no part of the content. */ readonly page: boolean;
    }
  | { readonly type: 'acknowledged'; readonly shard: string; readonly bytes: number; readonly node: string }
  | { readonly type: 'read'; readonly sha256: string }
  | { readonly type: 'done'; readonly blob: string };

const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`);
const task = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as UploadTask;

/** The node, each shard told before its first byte goes out, and when its receipt is here. */
function told(node: HttpNode): StorageNode {
  return new Proxy(node, {
    get(target, name) {
      if (name === 'putShard')
        return async (...[put, options]: Parameters<StorageNode['putShard']>) => {
          const shard = `${hex(sha256(put.header))}/${put.index}`;
          const bytes = put.body.length;
          const twice = Math.random() < (task.twice ?? 0);
          const page = decodePackHeader(put.header).codec === CODEC.replicate;
          tell({ type: 'put', shard, bytes, twice, page });
          const send = (): ReturnType<StorageNode['putShard']> => target.putShard(put, options);
          const receipt = await (twice ? eitherOf(send(), send()) : send());
          tell({ type: 'acknowledged', shard, bytes, node: hex(target.id) });
          return receipt;
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Whichever comes first; when both fail, as the first one did. */
async function eitherOf<T>(first: Promise<T>, second: Promise<T>): Promise<T> {
  const [either] = await Promise.allSettled([Promise.any([first, second])]);
  return either.status === 'fulfilled' ? either.value : first;
}

const outside = { clock: systemClock, entropy: { bytes: randomBytes } };
const prove =
  task.tenant === undefined ? {} : { prove: tenantProver(ed25519Signer(fromHex(task.tenant)), outside) };
const nodes = task.nodes.map(({ id, url }) => httpNode({ id: fromHex(id), url, ...prove }));
const members = task.nodes.map(({ id }) => fromHex(id));
const reading = {
  committee: { networkId: fromHex(task.networkId), epoch: 1, profile: PROFILES.local, members },
  kernel: wasmKernel({ bytes: 96 << 20 }),
  clock: monotonicClock,
  random: Math.random,
  randomBytes,
};
await using source = await openFileSource(task.file);
await using journal = await openFileJournal(task.journal);
const { blobId } = await upload([{ path: 'weights', source }], {
  ...reading,
  nodes: nodes.map(told),
  journal,
  shardBytes: task.shardBytes,
  window: task.window,
  onEvent: (event) => {
    if (event.type !== 'progress') return;
    const causes = event.changes.flatMap((change) =>
      change.type === 'regression' ? [change.evidence.cause] : [],
    );
    const packs = event.changes.flatMap((change) =>
      change.type === 'certified' ? [{ pack: change.pack, bytes: change.bytes }] : [],
    );
    tell({ type: 'certified', packs });
    tell({ type: 'bar', certified: event.view.certified, causes });
  },
});
tell({ type: 'done', blob: hex(blobId) });
if (task.readBack === true) {
  const hash = createHash('sha256');
  using blob = await openBlob(blobId, { ...reading, nodes });
  for await (const part of blob.read('weights')) hash.update(part);
  tell({ type: 'read', sha256: hash.digest('hex') });
}
await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
