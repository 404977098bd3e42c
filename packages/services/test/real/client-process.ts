/** Runs `upload-client.ts` as a process of its own, and gathers what it tells. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { hex } from '@assay/core';
import type { Cluster } from '../storage-node/cluster.ts';
import type { Told, UploadTask } from './upload-client.ts';
import { content, MIB } from './upload-run.ts';

const CLIENT = new URL('upload-client.ts', import.meta.url).pathname;

/** What a run of the client told. */
export interface Ran {
  readonly told: Told[];
  /** The bar, in bytes, at each event that showed it. */
  readonly bars: number[];
  /** Of every step back. */
  readonly causes: string[];
  /** Bytes by shard. */
  readonly sent: Map<string, number>;
  blob?: string;
  /** SHA-256 of what was read back, when that was asked for. */
  read?: string;
  signal: NodeJS.Signals | null;
}

export interface RunOptions {
  /** The client is killed as soon as its bar has reached so many bytes. */
  readonly killAt?: number;
  /** Called once, when the bar has reached `at` bytes. */
  readonly act?: { readonly at: number; readonly run: () => void };
  /** The command that puts the process where it belongs. */
  readonly command?: readonly string[];
}

/** A task for the whole content over a cluster's nodes; its files lie below the cluster's root. */
export async function taskFor(
  cluster: Cluster,
  more: Pick<UploadTask, 'window'> & Partial<UploadTask>,
): Promise<UploadTask> {
  const file = join(cluster.root, 'weights');
  await writeFile(file, content);
  const { networkId, members } = cluster.committee;
  return {
    networkId: hex(networkId),
    nodes: members.map((id, at) => ({ id: hex(id), url: cluster.url(at) })),
    file,
    journal: join(cluster.root, 'journal'),
    shardBytes: MIB,
    ...more,
  };
}

/** Runs the client to its end. The task is written beside its journal. */
export async function runClient(task: UploadTask, options: RunOptions = {}): Promise<Ran> {
  const path = `${task.journal}.task.json`;
  await writeFile(path, JSON.stringify(task));
  const [program = '', ...args] = [...(options.command ?? []), process.execPath, CLIENT, path];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ran: Ran = { told: [], bars: [], causes: [], sent: new Map(), signal: null };
  let { act } = options;
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line) as Told;
    note(ran, told);
    if (told.type !== 'bar') continue;
    if (told.certified >= (options.killAt ?? Infinity)) child.kill('SIGKILL');
    if (act === undefined || told.certified < act.at) continue;
    act.run();
    act = undefined;
  }
  [, ran.signal] = await gone;
  return ran;
}

function note(ran: Ran, told: Told): void {
  ran.told.push(told);
  if (told.type === 'put') ran.sent.set(told.shard, told.bytes);
  if (told.type === 'done') ran.blob = told.blob;
  if (told.type === 'read') ran.read = told.sha256;
  if (told.type !== 'bar') return;
  ran.bars.push(told.certified);
  ran.causes.push(...told.causes);
}
