/** Six nodes of ours at 4 + 2: in this process over local directories, or each a process of its own over HTTP. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ed25519Signer, fromHex, randomBytes } from '@assay/core';
import { type Committee, PROFILES, type StorageNode } from '@assay/storage';
import {
  type CodecPool,
  httpNode,
  LocalNode,
  monotonicClock,
  openFileDisk,
  StorageEngine,
} from '@assay/storage/node';
import { LocalNodes } from '../../examples/upload/nodes.ts';
import { threads } from './threads.ts';

export interface BenchNetwork extends AsyncDisposable {
  readonly committee: Committee;
  readonly nodes: readonly StorageNode[];
  /** The encoding threads that embedded nodes share with their client. */
  readonly kernel?: CodecPool;
  /** The processes, where there are any to freeze and kill. */
  readonly processes?: LocalNodes;
}

/** Engines in this process: the embedded default. Each hashes what it is given, in the threads that encoded it. */
export async function embedded(directory: string): Promise<BenchNetwork> {
  const signers = Array.from({ length: PROFILES.local.n }, () => ed25519Signer(randomBytes(32)));
  const members = signers.map(({ publicKey }) => publicKey);
  const committee: Committee = { networkId: randomBytes(32), epoch: 1, profile: PROFILES.local, members };
  const kernel = threads(committee);
  const rootOf = (body: Uint8Array): Promise<Uint8Array> => kernel.passes.root(body);
  const disks = await Promise.all(members.map((_, i) => openFileDisk(join(directory, `node-${i}`))));
  const nodes = await Promise.all(
    signers.map(async (signer, i) => {
      const disk = disks[i] as (typeof disks)[number];
      const at = { committee: () => committee, clock: monotonicClock, randomBytes, rootOf };
      return new LocalNode(await StorageEngine.open({ disk, signer, ...at, quotaBytes: 1e12 }));
    }),
  );
  return {
    committee,
    nodes,
    kernel,
    [Symbol.asyncDispose]: async () => {
      await kernel[Symbol.asyncDispose]();
      for (const disk of disks) await disk[Symbol.asyncDispose]();
    },
  };
}

interface NetworkFile {
  readonly committee: { readonly networkId: string; readonly epoch: number; readonly members: string[] };
  readonly nodes: readonly { readonly key: string; readonly url: string }[];
}

/** Six processes on loopback. */
export async function overHttp(directory: string): Promise<BenchNetwork> {
  const processes = await LocalNodes.launch(directory);
  const network = connect(processes.networkFile);
  return {
    ...network,
    processes,
    [Symbol.asyncDispose]: async () => {
      await network[Symbol.asyncDispose]();
      await processes[Symbol.asyncDispose]();
    },
  };
}

/** A client of the nodes that a file describes. */
export function connect(networkFile: string): BenchNetwork {
  const { committee, nodes } = JSON.parse(readFileSync(networkFile, 'utf8')) as NetworkFile;
  const raw = (key: string): Uint8Array => fromHex(key.slice('ed25519:'.length));
  const clients = nodes.map(({ key, url }) => httpNode({ id: raw(key), url }));
  return {
    committee: {
      networkId: fromHex(committee.networkId),
      epoch: committee.epoch,
      profile: PROFILES.local,
      members: committee.members.map(raw),
    },
    nodes: clients,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    },
  };
}
