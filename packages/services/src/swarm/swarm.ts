/** Blobs through the other nodes of the log: a source for this node's own loads, and the chunks that it gives to others. */
import { hex, sha256 } from '@assay/core';
import { openBlob } from '@assay/storage';
import { silentNodes, type StorageConnection } from '../storage-client/index.ts';
import type { BlobContent, BlobSource, ContentCache } from '../version-content/index.ts';
import { ChunkExchange, type ExchangeOptions, type SwarmCounts } from './chunk-exchange.ts';
import { OpenBlobs } from './open-blobs.ts';
import type { ChunkPlace, SharedBlob } from './shared-blob.ts';

export interface SwarmOptions extends Omit<ExchangeOptions, 'local'> {
  readonly connection: StorageConnection;
  readonly cache: ContentCache;
  /** Whether the log names this blob for a version; others are not fetched for anybody. */
  readonly isPublished: (blob: string) => boolean;
}

/** Chunks asked for ahead of the one that is being written. */
const AHEAD = 6;

export class Swarm implements BlobSource, AsyncDisposable {
  readonly #options: SwarmOptions;
  readonly #blobs: OpenBlobs;
  readonly #exchange: ChunkExchange;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#blobs = new OpenBlobs((blobId) => openBlob(blobId, options.connection.options));
    this.#exchange = new ChunkExchange({
      ...options,
      local: (_, chunk, place) => readLocal(options.cache, chunk, place),
    });
  }

  get counts(): SwarmCounts {
    return this.#exchange.counts;
  }

  silent(): Promise<string[]> {
    return silentNodes(this.#options.connection);
  }

  /** @throws TransferError, FormatError */
  async open(blobId: Uint8Array): Promise<BlobContent> {
    const opened = Promise.withResolvers<SharedBlob>();
    const closed = Promise.withResolvers<void>();
    const held = this.#blobs.use(hex(blobId), async (blob) => {
      opened.resolve(blob);
      await closed.promise;
    });
    held.catch(opened.reject);
    const blob = await opened.promise;
    return {
      manifest: blob.manifest,
      read: (path) => this.#read(blob, path),
      [Symbol.asyncDispose]: async () => {
        closed.resolve();
        await held;
      },
    };
  }

  /** A chunk for a peer; undefined when the blob is not published or has no such chunk. @throws TransferError */
  async give(blob: string, chunk: string): Promise<Uint8Array | undefined> {
    if (!this.#options.isPublished(blob)) return undefined;
    return this.#blobs.use(blob, (shared) => this.#exchange.give(shared, chunk));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#blobs[Symbol.asyncDispose]();
    await this.#options.peers[Symbol.asyncDispose]();
  }

  async *#read(blob: SharedBlob, path: string): AsyncGenerator<Uint8Array> {
    const chunks = blob.chunksOf(path);
    const ahead: Promise<Uint8Array>[] = [];
    let next = 0;
    const fill = (): void => {
      for (; ahead.length < AHEAD && next < chunks.length; next++) {
        const wanted = this.#exchange.want(blob, chunks[next] as string);
        // Its failure is met when its turn comes; until then it must not count as unhandled.
        wanted.catch(() => undefined);
        ahead.push(wanted);
      }
    };
    for (fill(); ahead.length > 0; fill()) yield await (ahead.shift() as Promise<Uint8Array>);
  }
}

/** A chunk of content that is cached whole. */
async function readLocal(
  cache: ContentCache,
  chunk: string,
  { path, start, end }: ChunkPlace,
): Promise<Uint8Array | undefined> {
  const digest = /^[0-9a-f]{64}/.exec(path)?.[0];
  const bytes = digest && (await cache.readRange(`sha256:${digest}`, start, end));
  return bytes && hex(sha256(bytes)) === chunk ? bytes : undefined;
}
