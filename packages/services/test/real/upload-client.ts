/**
 * An upload as a process of its own, for tests that kill it: `node upload-client.ts TASK.json`. Prints JSON lines: the bar, each
 * shard as it is sent, and at the end the blob.
 */
import { readFileSync } from 'node:fs';
import { fromHex, hex, randomBytes, sha256 } from '@assay/core';
import { PROFILES, type StorageNode, upload, wasmKernel } from '@assay/storage';
import {
  type HttpNode,
  httpNode,
  monotonicClock,
  openFileJournal,
  openFileSource,
} from '@assay/storage/node';

/** What the parent writes; keys in hexadecimal. */
export interface UploadTask {
  readonly networkId: string;
  readonly nodes: readonly { readonly id: string; readonly url: string }[];
  readonly file: string;
  readonly journal: string;
  readonly shardBytes: number;
  readonly window: number;
}

/** What it prints. */
export type Told =
  | { readonly type: 'bar'; readonly certified: number; readonly causes: readonly string[] }
  | { readonly type: 'put'; readonly shard: string; readonly bytes: number }
  | { readonly type: 'done'; readonly blob: string };

const tell = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`);
const task = JSON.parse(readFileSync(String(process.argv[2]), 'utf8')) as UploadTask;

/** The node, each shard told before its first byte goes out. */
function told(node: HttpNode): StorageNode {
  return new Proxy(node, {
    get(target, name) {
      if (name === 'putShard')
        return (...[put, options]: Parameters<StorageNode['putShard']>) => {
          const shard = `${hex(sha256(put.header))}/${put.index}`;
          tell({ type: 'put', shard, bytes: put.body.length });
          return target.putShard(put, options);
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

const nodes = task.nodes.map(({ id, url }) => httpNode({ id: fromHex(id), url }));
const members = task.nodes.map(({ id }) => fromHex(id));
await using source = await openFileSource(task.file);
await using journal = await openFileJournal(task.journal);
const { blobId } = await upload([{ path: 'weights', source }], {
  committee: { networkId: fromHex(task.networkId), epoch: 1, profile: PROFILES.local, members },
  nodes: nodes.map(told),
  kernel: wasmKernel({ bytes: 96 << 20 }),
  clock: monotonicClock,
  random: Math.random,
  randomBytes,
  journal,
  shardBytes: task.shardBytes,
  window: task.window,
  onEvent: (event) => {
    if (event.type !== 'progress') return;
    const causes = event.changes.flatMap((change) =>
      change.type === 'regression' ? [change.evidence.cause] : [],
    );
    tell({ type: 'bar', certified: event.view.certified, causes });
  },
});
tell({ type: 'done', blob: hex(blobId) });
await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
