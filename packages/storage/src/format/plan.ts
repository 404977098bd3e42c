/** Plans an upload: cuts files into chunks, drops those the parent version has, and lays the new ones out in packs. */
import { equal, hex, sha256 } from '@assay/core';
import type { Kernel } from '../codec/kernel.ts';
import { TransferError } from '../errors.ts';
import { type ChunkPlan, planChunks } from './chunking.ts';
import type { Manifest } from './manifest.ts';
import { type PackHeader, packId } from './pack.ts';
import { scanner, type Span } from './scan.ts';
import { type ByteSource, readInto } from './source.ts';

/** A file to store. */
export interface SourceFile {
  readonly path: string;
  readonly source: ByteSource;
  /** Where its chunks end, when whoever gives it has cut it already; the last is its size. */
  readonly ends?: readonly number[];
}

/** Where a new chunk's bytes come from. */
interface ChunkOrigin {
  readonly id: Uint8Array;
  readonly file: number;
  readonly start: number;
  readonly length: number;
}

/** A pack still to be encoded: its chunks in order. */
export interface PlannedPack {
  readonly packLen: number;
  readonly chunks: readonly ChunkOrigin[];
}

/** A chunk of the blob: in a new pack, or in one that the parent already has. */
type PlannedChunk = { readonly id: Uint8Array; readonly offset: number; readonly length: number } & (
  | { readonly fresh: number }
  | { readonly reused: number }
);

export interface UploadPlan {
  readonly packs: readonly PlannedPack[];
  /** Bytes of the largest of them; 0 when there is none. */
  readonly largest: number;
  /** Packs of the parent that hold chunks of this blob, and how many distinct bytes of each are used. */
  readonly reused: readonly { readonly header: PackHeader; readonly bytes: number }[];
  /** Distinct bytes of the blob, new and reused: the bar's total. */
  readonly total: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly plan: ChunkPlan }[];
  readonly chunks: readonly PlannedChunk[];
  readonly parent: Uint8Array | null;
}

export interface PlanOptions {
  /** Largest pack payload in bytes: k shards of one size. */
  readonly packBytes: number;
  /** The version to deduplicate against. */
  readonly parent?: { readonly blobId: Uint8Array; readonly manifest: Manifest };
  /** A kernel with threads reads ahead and hashes several chunks at once. */
  readonly kernel?: Kernel;
}

/** Plans the upload of `files`, reading each once to hash its chunks; unknown formats once more to cut them. */
export async function planUpload(files: readonly SourceFile[], options: PlanOptions): Promise<UploadPlan> {
  const layout = new Layout(options);
  const planned: UploadPlan['files'][number][] = [];
  const scan = scanner(options.kernel);
  for (const [index, { path, source, ends }] of files.entries()) {
    const plan =
      ends === undefined
        ? await planChunks(path, source, scan)
        : ({ format: 'unknown', ends, tensors: [] } as const);
    const spans = plan.ends.map((end, i) => ({ start: plan.ends[i - 1] ?? 0, end }));
    const ids = scan(source, spans, (passes, bytes) => passes.digest(bytes));
    let at = 0;
    for await (const id of ids) {
      const { start, end } = spans[at++] as Span;
      layout.add({ id, file: index, start, length: end - start });
    }
    planned.push({ path, size: source.size, plan });
  }
  return { ...layout.finish(), files: planned, parent: options.parent?.blobId ?? null };
}

class Layout {
  readonly #packBytes: number;
  readonly #parent: Manifest | undefined;
  readonly #inParent = new Map<string, number>();
  readonly #placed = new Map<string, PlannedChunk>();
  readonly #chunks: PlannedChunk[] = [];
  readonly #packs: PlannedPack[] = [];
  readonly #reused = new Map<number, { at: number; bytes: number }>();
  #open: ChunkOrigin[] = [];
  #openBytes = 0;

  constructor({ packBytes, parent }: PlanOptions) {
    this.#packBytes = packBytes;
    this.#parent = parent?.manifest;
    this.#parent?.chunks.forEach((chunk, at) => this.#inParent.set(hex(chunk.id), at));
  }

  add(origin: ChunkOrigin): void {
    const key = hex(origin.id);
    const chunk = this.#placed.get(key) ?? this.#fromParent(key) ?? this.#fresh(origin);
    this.#placed.set(key, chunk);
    this.#chunks.push(chunk);
  }

  finish(): Pick<UploadPlan, 'packs' | 'largest' | 'reused' | 'total' | 'chunks'> {
    this.#close();
    const reused = [...this.#reused].map(([pack, { bytes }]) => {
      return { header: this.#parent?.packs[pack] as PackHeader, bytes };
    });
    const largest = this.#packs.reduce((most, { packLen }) => Math.max(most, packLen), 0);
    const fresh = this.#packs.reduce((sum, pack) => sum + pack.packLen, 0);
    const total = reused.reduce((sum, { bytes }) => sum + bytes, fresh);
    return { packs: this.#packs, largest, reused, total, chunks: this.#chunks };
  }

  #fromParent(key: string): PlannedChunk | undefined {
    const place = this.#parent?.chunks[this.#inParent.get(key) ?? -1];
    if (place === undefined) return undefined;
    const entry = this.#reused.get(place.pack) ?? { at: this.#reused.size, bytes: 0 };
    entry.bytes += place.length;
    this.#reused.set(place.pack, entry);
    return { id: place.id, offset: place.offset, length: place.length, reused: entry.at };
  }

  #fresh(origin: ChunkOrigin): PlannedChunk {
    if (this.#openBytes + origin.length > this.#packBytes) this.#close();
    const chunk = {
      id: origin.id,
      offset: this.#openBytes,
      length: origin.length,
      fresh: this.#packs.length,
    };
    this.#open.push(origin);
    this.#openBytes += origin.length;
    return chunk;
  }

  #close(): void {
    if (this.#open.length === 0) return;
    this.#packs.push({ packLen: this.#openBytes, chunks: this.#open });
    this.#open = [];
    this.#openBytes = 0;
  }
}

/** Reads a planned pack's payload into `out`, which has at least `packLen` bytes. */
export async function readPack(
  pack: PlannedPack,
  files: readonly SourceFile[],
  out: Uint8Array,
): Promise<void> {
  let at = 0;
  for (const { file, start, length } of pack.chunks) {
    await readInto((files[file] as SourceFile).source, start, out.subarray(at, at + length));
    at += length;
  }
}

/**
 * Holds the chunks that were read against those that were planned.
 * @throws TransferError `source-changed`
 */
export function checkUnchanged(
  pack: PlannedPack,
  files: readonly SourceFile[],
  ids: readonly Uint8Array[],
): void {
  pack.chunks.forEach(({ id, file, start, length }, i) => {
    if (equal(ids[i] as Uint8Array, id)) return;
    throw new TransferError('source-changed', {
      what: `"${(files[file] as SourceFile).path}" changed while it was being stored`,
      where: `bytes ${start}…${start + length}`,
      fix: 'Start the upload again.',
    });
  });
}

/** The manifest of a finished plan; `headers` are those of its new packs, in order. */
export function manifestOf(plan: UploadPlan, headers: readonly PackHeader[]): Manifest {
  const chunks = plan.chunks.map((chunk) => {
    const pack = 'fresh' in chunk ? chunk.fresh : headers.length + chunk.reused;
    return { id: chunk.id, pack, offset: chunk.offset, length: chunk.length };
  });
  let first = 0;
  const files = plan.files.map(({ path, size, plan: { ends } }) => {
    first += ends.length;
    return { path, size, firstChunk: first - ends.length, chunkCount: ends.length };
  });
  const tensors = plan.files.flatMap(({ plan: { tensors: own } }, file) =>
    own.map((tensor) => ({ ...tensor, file })),
  );
  return {
    packs: [...headers, ...plan.reused.map(({ header }) => header)],
    chunks,
    files,
    tensors,
    parent: plan.parent,
  };
}

/** Digest of what an upload will send: a journal of another plan is not resumed. */
export function planDigest(plan: UploadPlan): Uint8Array {
  return sha256(...plan.chunks.map(({ id }) => id), ...plan.reused.map(({ header }) => packId(header)));
}
