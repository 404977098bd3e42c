/** What needs no rounds: resuming after kill -9, what a changed version sends, the client's memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { concat, randomBytes } from '@assay/core';
import { decodeCbor, manifestOf, memorySource, planUpload, type StorageNode } from '@assay/storage';
import { openFileJournal } from '@assay/storage/node';
import { header, writeModel } from './model-file.ts';
import { overHttp } from './networks.ts';
import { clientOf, store } from './ours.ts';
import { MIB } from './stats.ts';
import { COMPILE_CACHE } from './threads.ts';

const CLIENT = fileURLToPath(new URL('./client.ts', import.meta.url));
/** Shards of a whole pack of 16 MiB. */
const SHARD = 4 * MIB;

interface Running {
  readonly child: ChildProcess;
  /** Resolves with the peak RSS, or undefined when it was killed. */
  readonly done: Promise<number | undefined>;
}

function run(args: readonly string[], onBar: (bytes: number) => void = () => undefined): Running {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE };
  const child = spawn(process.execPath, [CLIENT, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env });
  let rss: number | undefined;
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const [word, value] = line.split(' ');
    if (word === 'bar') onBar(Number(value));
    if (word === 'done') rss = Number(value);
  });
  return { child, done: once(child, 'close').then(() => rss) };
}

/** Kills a client at half, starts another on its journal; bytes of shards sent again that a node had signed for, or nearly. */
export async function resumed(directory: string, path: string): Promise<number> {
  await mkdir(directory, { recursive: true });
  await using network = await overHttp(directory);
  const journal = join(directory, 'journal');
  const { size } = await stat(path);
  const first = run([network.processes?.networkFile ?? '', path, journal], (bar) => {
    if (bar >= size / 2) first.child.kill('SIGKILL');
  });
  await first.done;
  let receipted = 0;
  {
    await using kept = await openFileJournal(journal);
    for (const entry of kept.entries) {
      const value = decodeCbor(entry);
      if (Array.isArray(value) && value[0] === 'receipt') receipted += SHARD;
    }
  }
  let sent = 0;
  const nodes = network.nodes.map((node) => counting(node, (bytes) => (sent += bytes)));
  await using client = clientOf({ ...network, nodes });
  const { manifest } = await store(client.options, { path, journal });
  const needed = manifest.packs.reduce((sum, { n, shardLen }) => sum + n * shardLen, 0);
  await rm(directory, { recursive: true, force: true });
  return Math.max(0, sent + receipted - needed);
}

/** The node, telling the length of each data shard that it is sent. */
function counting(node: StorageNode, tell: (bytes: number) => void): StorageNode {
  return new Proxy(node, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const body = name === 'putShard' ? (args[0] as { body: Uint8Array }).body.length : 0;
        if (body > MIB) tell(body);
        return value.apply(target, args) as unknown;
      };
    },
  });
}

/** Bytes in new packs of a version with one of 48 tensors changed, over the bytes changed. */
export async function changedShare(): Promise<number> {
  const tensors = Array.from({ length: 48 }, () => randomBytes(MIB));
  const files = (): { path: string; source: ReturnType<typeof memorySource> }[] => [
    { path: 'm.safetensors', source: memorySource(concat(header(48, MIB), ...tensors)) },
  ];
  const packBytes = 4 * SHARD;
  const first = await planUpload(files(), { packBytes });
  const roots = Array.from({ length: 6 }, () => randomBytes(32));
  const headers = first.packs.map(({ packLen }) => {
    return { codec: 1 as const, k: 4, n: 6, shardLen: Math.ceil(packLen / 256) * 64, packLen, roots };
  });
  const parent = { blobId: randomBytes(32), manifest: manifestOf(first, headers) };
  tensors[17] = randomBytes(MIB);
  const second = await planUpload(files(), { packBytes, parent });
  return second.packs.reduce((sum, { packLen }) => sum + packLen, 0) / MIB;
}

/** Peak RSS in bytes of a client that has run once before and uploads `mebibytes` MiB to nodes in other processes. */
export async function uploadRss(directory: string, mebibytes: number): Promise<number> {
  await mkdir(directory, { recursive: true });
  await using network = await overHttp(directory);
  const path = join(directory, 'large.safetensors');
  const upload = async (size: number): Promise<number | undefined> => {
    await writeModel(path, size);
    return run([network.processes?.networkFile ?? '', path, join(directory, `journal-${size}`)]).done;
  };
  // The first run of a client compiles; what is asked is what one needs that has run before.
  await upload(1);
  const rss = await upload(mebibytes);
  await rm(directory, { recursive: true, force: true });
  return rss ?? NaN;
}
