/** A blob as nodes share it: chunks by their id, in which pack each lies, and where in a file. */
import { hex } from '@assay/core';
import { type BlobReader, type Manifest, packId } from '@assay/storage';

/** Where a chunk lies. */
export interface ChunkPlace {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** Index of its pack in the manifest. */
  readonly pack: number;
}

/** An opened blob and an index of its chunks. */
export class SharedBlob {
  readonly id: string;
  readonly manifest: Manifest;
  readonly #reader: BlobReader;
  readonly #places = new Map<string, ChunkPlace>();
  readonly #packs: readonly string[];

  constructor(id: string, reader: BlobReader) {
    this.id = id;
    this.manifest = reader.manifest;
    this.#reader = reader;
    this.#packs = reader.manifest.packs.map((header) => hex(packId(header)));
    for (const { path, firstChunk, chunkCount } of reader.manifest.files) {
      let start = 0;
      for (const { id: chunk, length, pack } of reader.manifest.chunks.slice(
        firstChunk,
        firstChunk + chunkCount,
      )) {
        if (!this.#places.has(hex(chunk)))
          this.#places.set(hex(chunk), { path, start, end: start + length, pack });
        start += length;
      }
    }
  }

  /** Ids of the chunks of a file in order. @throws FormatError `range` when there is no such file */
  chunksOf(path: string): string[] {
    const { firstChunk, chunkCount } = this.#reader.file(path);
    return this.manifest.chunks.slice(firstChunk, firstChunk + chunkCount).map(({ id }) => hex(id));
  }

  place(chunk: string): ChunkPlace | undefined {
    return this.#places.get(chunk);
  }

  /** Id of a pack in hexadecimal. */
  packId(pack: number): string {
    return this.#packs[pack] as string;
  }

  /** All chunks of a pack from storage, each verified by its id. @throws TransferError */
  read(pack: number): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.#reader.packChunks(pack);
  }

  close(): void {
    this.#reader[Symbol.dispose]();
  }
}
