/** Reads blobs: the manifest by its id, then files, ranges and tensors, every byte verified before it is given. */
import { concat, equal, hex, sha256 } from '@assay/core';
import type { Kernel } from '../codec/kernel.ts';
import type { Committee } from '../committee.ts';
import { FormatError, NodeError, TransferError } from '../errors.ts';
import { locate, type Manifest, type ManifestFile, type PackRange } from '../format/manifest.ts';
import type { PackHeader } from '../format/pack.ts';
import { readManifest } from '../format/pages.ts';
import { LEAF_BYTES, leafCount } from '../merkle.ts';
import { Lane, Stalled } from './lane.ts';
import type { Clock, Random, StorageNode } from './ports.ts';
import { type ReadContext, type ReadEvent, ShardReader } from './shard-reader.ts';

export interface ReaderOptions {
  readonly committee: Committee;
  readonly nodes: readonly StorageNode[];
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Runs fetched ahead of the one being given out: bounds memory to about window chunks. */
  readonly window?: number;
  readonly onEvent?: (event: ReadEvent) => void;
}

/** Lanes for reading: a node that was away is asked with a greeting before it is used again. */
export function readContext(options: ReaderOptions, signal: AbortSignal): ReadContext {
  const { clock, random, committee, kernel, randomBytes } = options;
  const probe = async (lane: Lane): Promise<void> => {
    await lane.call((node, call) => node.hello(randomBytes(32), call), signal);
  };
  const lanes = options.nodes.map(
    (node) => new Lane({ node, clock, random, probe, onState: () => undefined, signal }),
  );
  const byId = new Map(lanes.map((lane) => [hex(lane.node.id), lane]));
  return { committee, lanes: byId, kernel, clock, signal, onEvent: (event) => options.onEvent?.(event) };
}

/**
 * Opens a blob. Dispose of the reader when done: it may be asking nodes whether they are back.
 * @throws TransferError `not-enough-shards` when no node gives a page; FormatError when a page is not a manifest's
 */
export async function openBlob(blobId: Uint8Array, options: ReaderOptions): Promise<BlobReader> {
  const abort = new AbortController();
  const context = readContext(options, abort.signal);
  try {
    const manifest = await readManifest(blobId, (id) => fetchPage(id, context));
    return new BlobReader(manifest, { context, abort, window: options.window ?? 4 });
  } catch (error) {
    abort.abort();
    throw error;
  }
}

/** Asks one node after another, the next as soon as the last is slow; whoever shows the page first is believed by its id. */
async function fetchPage(id: Uint8Array, { lanes, signal, clock }: ReadContext): Promise<Uint8Array> {
  const { promise: found, resolve } = Promise.withResolvers<Uint8Array>();
  const asking: Promise<void>[] = [];
  for (const lane of [...lanes.values()].sort((a, b) => Number(b.ready) - Number(a.ready))) {
    const asked = askForPage(lane, { id, signal }).then((page) => page && resolve(page));
    asking.push(asked);
    const page = await Promise.race([found, asked, clock.sleep(lane.hedgeAfter, signal)]);
    if (page instanceof Uint8Array) return page;
  }
  const page = await Promise.race([found, Promise.all(asking)]);
  if (page instanceof Uint8Array) return page;
  throw new TransferError('not-enough-shards', { what: `no node shows manifest page ${hex(id)}` });
}

async function askForPage(
  lane: Lane,
  { id, signal }: { id: Uint8Array; signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  try {
    const page = await lane.call((node, call) => node.getPage(id, call), signal);
    return equal(sha256(page), id) ? page : undefined;
  } catch (error) {
    if (error instanceof Stalled || error instanceof NodeError) return undefined;
    throw error;
  }
}

export class BlobReader implements Disposable {
  readonly manifest: Manifest;
  readonly #context: ReadContext;
  readonly #abort: AbortController;
  readonly #window: number;
  readonly #packs = new Map<number, ShardReader>();

  constructor(
    manifest: Manifest,
    { context, abort, window }: { context: ReadContext; abort: AbortController; window: number },
  ) {
    this.manifest = manifest;
    this.#context = context;
    this.#abort = abort;
    this.#window = window;
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  /** A file of the manifest. @throws FormatError `range` */
  file(path: string): ManifestFile {
    const found = this.manifest.files.find((file) => file.path === path);
    if (found !== undefined) return found;
    throw new FormatError('range', { what: `the blob has no file "${path}"` });
  }

  /** Bytes [start, end) of a file in order, fetched ahead within the window. Whole chunks are checked against their ids. */
  async *read(path: string, range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    const file = this.file(path);
    const runs = locate(this.manifest, file, range ?? { start: 0, end: file.size });
    const ahead: Promise<Uint8Array>[] = [];
    let next = 0;
    const fill = (): void => {
      while (ahead.length < this.#window && next < runs.length) {
        const run = this.#run(runs[next++] as PackRange);
        // Its failure is met when its turn comes; until then it must not count as unhandled.
        run.catch(() => undefined);
        ahead.push(run);
      }
    };
    for (fill(); ahead.length > 0; fill()) yield await (ahead.shift() as Promise<Uint8Array>);
  }

  /** All of a range in one array: for tensors and other small reads. */
  async bytes(path: string, range?: { start: number; end: number }): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this.read(path, range)) parts.push(part);
    return concat(...parts);
  }

  /** One tensor's bytes. @throws FormatError `range` when no file has it */
  async tensor(name: string): Promise<Uint8Array> {
    const tensor = this.manifest.tensors.find((candidate) => candidate.name === name);
    if (tensor === undefined) throw new FormatError('range', { what: `the blob has no tensor "${name}"` });
    return this.bytes((this.manifest.files[tensor.file] as ManifestFile).path, tensor);
  }

  async #run(run: PackRange): Promise<Uint8Array> {
    const bytes = await this.#packBytes(run);
    const whole = run.within === 0 && run.length === run.chunk.length;
    if (whole && !equal(sha256(bytes), run.chunk.id)) {
      throw new TransferError('chunk-mismatch', {
        what: `the blob's maker gave chunk ${hex(run.chunk.id)} other bytes than its id says`,
      });
    }
    return bytes;
  }

  /** The systematic code lays a pack's payload end to end over its data shards. */
  async #packBytes({ pack, offset, length }: PackRange): Promise<Uint8Array> {
    const header = this.manifest.packs[pack] as PackHeader;
    const reader = this.#packs.get(pack) ?? new ShardReader(header, this.#context);
    this.#packs.set(pack, reader);
    const { shardLen } = header;
    const parts: Promise<Uint8Array>[] = [];
    for (let index = Math.floor(offset / shardLen); index * shardLen < offset + length; index++) {
      const start = Math.max(0, offset - index * shardLen);
      const end = Math.min(shardLen, offset + length - index * shardLen);
      parts.push(shardBytes(reader, { index, start, end, shardLen }));
    }
    return concat(...(await Promise.all(parts)));
  }
}

async function shardBytes(
  reader: ShardReader,
  at: { index: number; start: number; end: number; shardLen: number },
): Promise<Uint8Array> {
  const { index, start, end, shardLen } = at;
  const from = Math.floor(start / LEAF_BYTES);
  const to = Math.min(leafCount(shardLen), Math.ceil(end / LEAF_BYTES));
  const leaves = await reader.leaves(index, { from, to });
  return leaves.subarray(start - from * LEAF_BYTES, end - from * LEAF_BYTES);
}
