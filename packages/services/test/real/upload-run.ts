/** What the scenarios of the real lane share: a network of processes, an upload over it, and what its bar did. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from '@assay/core';
import {
  memorySource,
  openBlob,
  type ReadEvent,
  type ReaderOptions,
  upload,
  type UploadEvent,
  type UploadOptions,
  type UploadResult,
  wasmKernel,
} from '@assay/storage';
import { monotonicClock, openFileJournal } from '@assay/storage/node';
import { afterEach, expect } from 'vitest';
import { Cluster, type ClusterOptions } from '../storage-node/cluster.ts';

export const MIB = 1_048_576;
/** Sixteen packs of four mebibytes. */
export const SIZE = 64 * MIB;
export const content = randomBytes(SIZE);

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

/** Has something undone when the running test is over, the last thing first. */
export function afterwards(clean: () => Promise<void> | void): void {
  cleanups.push(clean);
}

export async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-real-'));
  afterwards(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function clusterOf(options?: ClusterOptions): Promise<Cluster> {
  const cluster = await Cluster.start(options);
  afterwards(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

export interface Run {
  readonly events: UploadEvent[];
  readonly result: Promise<UploadResult>;
}

/** What readers and custody take. */
export function readerOf({ committee, nodes }: Cluster): ReaderOptions {
  const kernel = wasmKernel({ bytes: 96 * MIB });
  return { committee, nodes, kernel, clock: monotonicClock, random: Math.random, randomBytes };
}

/** Uploads the first `bytes` of the content; `act` is called once, when the bar has reached a share of them. */
export async function start(
  cluster: Cluster,
  {
    share = 2,
    bytes = SIZE,
    act = () => undefined as void,
  }: { share?: number; bytes?: number; act?: () => void } = {},
): Promise<Run> {
  const journal = await openFileJournal(join(cluster.root, 'journal'));
  const events: UploadEvent[] = [];
  let pending: (() => void) | undefined = act;
  const options: UploadOptions = {
    ...readerOf(cluster),
    journal,
    shardBytes: MIB,
    window: 4,
    onEvent: (event) => {
      events.push(event);
      if (event.type !== 'progress' || event.view.certified < share * bytes) return;
      pending?.();
      pending = undefined;
    },
  };
  const files = [{ path: 'weights', source: memorySource(content.subarray(0, bytes)) }];
  return { events, result: upload(files, options).finally(() => journal[Symbol.asyncDispose]()) };
}

/** The certified bytes of every event that showed the bar. */
export const bars = (events: readonly UploadEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'progress' ? [event.view.certified] : []));

/** The cause of every step back. */
export const falls = (events: readonly UploadEvent[]): string[] =>
  events
    .flatMap((event) => (event.type === 'progress' ? event.changes : []))
    .flatMap((change) => (change.type === 'regression' ? [change.evidence.cause] : []));

export function expectNoFall(events: readonly UploadEvent[]): void {
  expect(falls(events)).toEqual([]);
  expect(bars(events)).toEqual([...bars(events)].sort((a, b) => a - b));
}

/** Reads the whole blob back and holds it against what was stored; returns what the reader noticed. */
export async function expectSame(cluster: Cluster, blobId: Uint8Array, bytes = SIZE): Promise<ReadEvent[]> {
  const noticed: ReadEvent[] = [];
  const hash = createHash('sha256');
  using blob = await openBlob(blobId, { ...readerOf(cluster), onEvent: (event) => void noticed.push(event) });
  for await (const part of blob.read('weights')) hash.update(part);
  const stored = createHash('sha256').update(content.subarray(0, bytes));
  expect(hash.digest('hex')).toBe(stored.digest('hex'));
  return noticed;
}
