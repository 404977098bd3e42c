/** Reads blobs: the manifest by its id, then files, ranges and tensors, every byte verified before it is given. */
import { concat, equal, hex, sha256 } from '@assay/core';
import type { Kernel } from '../codec/kernel.ts';
import type { Committee } from '../committee.ts';
import { FormatError, NodeError, TransferError } from '../errors.ts';
import { locate, type Manifest, type ManifestFile, type PackRange } from '../format/manifest.ts';
import type { PackHeader } from '../format/pack.ts';
import { readManifest } from '../format/pages.ts';
import { LEAF_BYTES, leafCount } from '../merkle.ts';
import { HedgeBudget, READ_HEDGES } from './hedge-budget.ts';
import { Lane, Stalled } from './lane.ts';
import { mostOf } from './most-of.ts';
import type { Clock, Random, StorageNode } from './ports.ts';
import { type ReadContext, type ReadEvent, ShardReader } from './shard-reader.ts';

export interface ReaderOptions {
  readonly committee: Committee;
  readonly nodes: readonly StorageNode[];
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly random: Random;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Packs fetched ahead of the one being given out: bounds memory to about that many packs and one. */
  readonly window?: number;
  readonly onEvent?: (event: ReadEvent) => void;
}

/** Lanes for reading: a node that was away is asked with a greeting before it is used again. */
export function readContext(options: ReaderOptions, signal: AbortSignal): ReadContext {
  const { clock, random, committee, kernel, randomBytes } = options;
  const probe = async (lane: Lane): Promise<void> => {
    await lane.call((node, call) => node.hello(randomBytes(32), call), signal);
  };
  const lanes = new Map<string, Lane>();
  const all = (): Iterable<Lane> => lanes.values();
  for (const node of options.nodes) {
    lanes.set(hex(node.id), new Lane({ node, clock, random, probe, onState: () => undefined, all, signal }));
  }
  const onEvent = (event: ReadEvent): void => options.onEvent?.(event);
  return { committee, lanes, kernel, clock, signal, hedges: new HedgeBudget(READ_HEDGES), onEvent };
}

/**
 * Opens a blob. Dispose of the reader when done: it may be asking nodes whether they are back.
 * @throws TransferError `not-enough-shards` when no node gives a page; FormatError when a page is not a manifest's
 */
export async function openBlob(blobId: Uint8Array, options: ReaderOptions): Promise<BlobReader> {
  const abort = new AbortController();
  const context = readContext(options, abort.signal);
  try {
    // Who does not answer a greeting is asked last from the start, and no read has to find that out.
    const [manifest] = await Promise.all([
      readManifest(blobId, (id) => fetchPage(id, context)),
      greetAll(context, options.randomBytes),
    ]);
    return new BlobReader(manifest, { context, abort, window: options.window ?? 2 });
  } catch (error) {
    abort.abort();
    throw error;
  }
}

/** How long a node that has not answered yet may be the only one asked for a page. */
const LEAST_HEDGE_MS = 50;

async function greetAll(
  { lanes, clock, signal, committee }: ReadContext,
  random: ReaderOptions['randomBytes'],
): Promise<void> {
  const greet = async (lane: Lane): Promise<boolean> => {
    try {
      await lane.call((node, call) => node.hello(random(32), call), signal);
      return true;
    } catch (error) {
      if (error instanceof Stalled || error instanceof NodeError) return false;
      throw error;
    }
  };
  await mostOf([...lanes.values()].map(greet), { enough: committee.profile.k, clock, signal });
}

/** Asks one node after another, the next as soon as the last is slow; whoever shows the page first is believed by its id. */
async function fetchPage(id: Uint8Array, { lanes, signal, clock }: ReadContext): Promise<Uint8Array> {
  const { promise: found, resolve } = Promise.withResolvers<Uint8Array>();
  const asking: Promise<void>[] = [];
  for (const lane of [...lanes.values()].sort((a, b) => Number(b.prompt) - Number(a.prompt))) {
    const asked = askForPage(lane, { id, signal }).then((page) => page && resolve(page));
    asking.push(asked);
    const page = await Promise.race([
      found,
      asked,
      clock.sleep(lane.prompt ? lane.hedgeAfter('small') : LEAST_HEDGE_MS, signal),
    ]);
    if (page instanceof Uint8Array) return page;
  }
  const page = await Promise.race([found, Promise.all(asking)]);
  if (page instanceof Uint8Array) return page;
  throw new TransferError('not-enough-shards', {
    what: `no node shows manifest page ${hex(id)}`,
    fix: 'Ask again when more nodes answer; a blob that was deleted, or never stored on this network, stays away.',
  });
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

  /**
   * Bytes [start, end) of a file in order, packs fetched ahead within the window. Whole chunks are checked against their
   * ids.
   */
  async *read(path: string, range?: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    const file = this.file(path);
    const visits = byPack(locate(this.manifest, file, range ?? { start: 0, end: file.size }));
    const ahead: Promise<Uint8Array[]>[] = [];
    let next = 0;
    const fill = (): void => {
      while (ahead.length < this.#window && next < visits.length) {
        const visit = this.#visit(visits[next++] as PackRange[]);
        // Its failure is met when its turn comes; until then it must not count as unhandled.
        visit.catch(() => undefined);
        ahead.push(visit);
      }
    };
    for (fill(); ahead.length > 0; fill()) yield* await (ahead.shift() as Promise<Uint8Array[]>);
  }

  /** Bytes of shards that were read twice because their holder was late. */
  get hedgedBytes(): number {
    return this.#context.hedges.hedged;
  }

  /** Every chunk of the manifest that lies in a pack, by its hexadecimal id, in one visit. @throws TransferError */
  async packChunks(pack: number): Promise<Map<string, Uint8Array>> {
    const chunks = new Map(
      this.manifest.chunks.filter((at) => at.pack === pack).map((at) => [hex(at.id), at]),
    );
    const runs = [...chunks.values()].map((chunk): PackRange => {
      return { pack, offset: chunk.offset, length: chunk.length, chunk, within: 0 };
    });
    const bytes = runs.length === 0 ? [] : await this.#visit(runs);
    return new Map([...chunks.keys()].map((id, i) => [id, bytes[i] as Uint8Array]));
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

  /** Runs of one pack, in order. */
  async #visit(runs: readonly PackRange[]): Promise<Uint8Array[]> {
    const pack = (runs[0] as PackRange).pack;
    const header = this.manifest.packs[pack] as PackHeader;
    const reader = new ShardReader(header, this.#context);
    const wanted = runs.reduce((sum, { length }) => sum + length, 0);
    // Whoever wants most of a pack gets whole shards: any k will do, and none is fetched or hashed twice.
    const data = wanted * 2 >= header.packLen ? await reader.data() : undefined;
    const one = async (run: PackRange): Promise<Uint8Array> => {
      const bytes = data === undefined ? await ranged(reader, header, run) : cut(data, header, run);
      return checkedChunk(bytes, run);
    };
    return Promise.all(runs.map(one));
  }
}

/** Neighbouring runs of one pack together. */
function byPack(runs: readonly PackRange[]): PackRange[][] {
  const visits: PackRange[][] = [];
  for (const run of runs) {
    const last = visits.at(-1);
    if (last?.[0]?.pack === run.pack) last.push(run);
    else visits.push([run]);
  }
  return visits;
}

/** @throws TransferError `chunk-mismatch` */
function checkedChunk(bytes: Uint8Array, { within, length, chunk }: PackRange): Uint8Array {
  const whole = within === 0 && length === chunk.length;
  if (!whole || equal(sha256(bytes), chunk.id)) return bytes;
  throw new TransferError('chunk-mismatch', {
    what: `the blob's maker gave chunk ${hex(chunk.id)} other bytes than its id says`,
  });
}

interface Piece {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** Where a run lies: the systematic code lays a pack's payload end to end over its data shards. */
function pieces({ shardLen }: PackHeader, { offset, length }: PackRange): Piece[] {
  const out: Piece[] = [];
  for (let index = Math.floor(offset / shardLen); index * shardLen < offset + length; index++) {
    const start = Math.max(0, offset - index * shardLen);
    out.push({ index, start, end: Math.min(shardLen, offset + length - index * shardLen) });
  }
  return out;
}

/** A run out of whole data shards; copied only where it spans two. */
function cut(data: readonly Uint8Array[], header: PackHeader, run: PackRange): Uint8Array {
  const parts = pieces(header, run).map(({ index, start, end }) =>
    (data[index] as Uint8Array).subarray(start, end),
  );
  return parts.length === 1 ? (parts[0] as Uint8Array) : concat(...parts);
}

/** A run by its leaves alone. */
async function ranged(reader: ShardReader, header: PackHeader, run: PackRange): Promise<Uint8Array> {
  const parts = pieces(header, run).map((piece) => shardBytes(reader, piece, header.shardLen));
  return concat(...(await Promise.all(parts)));
}

async function shardBytes(
  reader: ShardReader,
  { index, start, end }: Piece,
  shardLen: number,
): Promise<Uint8Array> {
  const from = Math.floor(start / LEAF_BYTES);
  const to = Math.min(leafCount(shardLen), Math.ceil(end / LEAF_BYTES));
  const leaves = await reader.leaves(index, { from, to });
  return leaves.subarray(start - from * LEAF_BYTES, end - from * LEAF_BYTES);
}
