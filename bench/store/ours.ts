/** One upload and one read on a network of ours, timed, with faults on the way. */
import { randomBytes } from '@assay/core';
import { openBlob, upload, type UploadEvent, type UploadOptions, type UploadResult } from '@assay/storage';
import { monotonicClock, openFileJournal, openFileSource } from '@assay/storage/node';
import type { BenchNetwork } from './networks.ts';
import { SETTINGS, threads } from './threads.ts';

const FILE = 'model.safetensors';

type Client = Pick<UploadOptions, 'committee' | 'nodes' | 'kernel' | 'clock' | 'random' | 'randomBytes'>;

/** A client with its encoding threads, which outlive one upload. */
export function clientOf(network: Pick<BenchNetwork, 'committee' | 'nodes' | 'kernel'>): {
  readonly options: Client;
  [Symbol.asyncDispose](): Promise<void>;
} {
  const { committee, nodes } = network;
  const kernel = network.kernel ?? threads(committee);
  return {
    options: { committee, nodes, kernel, clock: monotonicClock, random: Math.random, randomBytes },
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  };
}

/** Uploads `path`. `at` is called once a quarter is certified, and awaited by nobody. */
export async function store(
  client: Client,
  { path, journal, atQuarter }: { path: string; journal: string; atQuarter?: () => void },
): Promise<UploadResult> {
  await using source = await openFileSource(path);
  await using log = await openFileJournal(journal);
  let quarter = atQuarter;
  const onEvent = (event: UploadEvent): void => {
    if (event.type !== 'progress' || event.view.certified < event.view.total / 4) return;
    quarter?.();
    quarter = undefined;
  };
  return await upload([{ path: FILE, source }], { ...client, ...SETTINGS, journal: log, onEvent });
}

export interface ReadTimes {
  readonly ms: number;
  /** Milliseconds each pack was waited for. */
  readonly packs: readonly number[];
  /** Bytes read twice, over the bytes of the file. */
  readonly extra: number;
}

/** Reads everything back; throws when it is not all there. */
export async function readAll(client: Client, { blobId, manifest }: UploadResult): Promise<ReadTimes> {
  const started = performance.now();
  using blob = await openBlob(blobId, client);
  const size = manifest.files[0]?.size ?? 0;
  const packs: number[] = [];
  let [read, asked] = [0, performance.now()];
  for await (const part of blob.read(FILE)) {
    const waited = performance.now() - asked;
    // The chunks of one pack come at once: only the first of them was waited for.
    if (waited > 0.5) packs.push(waited);
    read += part.length;
    asked = performance.now();
  }
  if (read !== size) throw new Error(`${read} of ${size} bytes were read`);
  return { ms: performance.now() - started, packs, extra: blob.hedgedBytes / size };
}
