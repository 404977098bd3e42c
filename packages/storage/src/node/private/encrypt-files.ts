/** Files as they are stored privately: each chunk encrypted by itself, cut where the plain file would be cut. */
import { sha256 } from '@assay/core';
import { planChunks } from '../../format/chunking.ts';
import type { SourceFile } from '../../format/plan.ts';
import { type ByteSource, memorySource } from '../../format/source.ts';
import { encodeIndex, INDEX_FILE, type PrivateFile } from './index-file.ts';
import { TAG_BYTES, type TenantKey } from './keys.ts';

/** Reads each file once to find its chunks; nothing plain leaves this process, neither names nor digests. */
export async function encryptFiles(files: readonly SourceFile[], key: TenantKey): Promise<SourceFile[]> {
  const index: PrivateFile[] = [];
  const stored: SourceFile[] = [];
  for (const [at, { path, source }] of files.entries()) {
    const { ends } = await planChunks(path, source);
    const chunks: Uint8Array[] = [];
    for (const [i, end] of ends.entries()) {
      const start = ends[i - 1] ?? 0;
      chunks.push(sha256(await source.read(start, end - start)));
    }
    index.push({ path, size: source.size, chunks });
    stored.push({ path: String(at), source: new EncryptedSource(source, ends, key), ends: ends.map(longer) });
  }
  const sealed = key.encryptIndex(encodeIndex(index));
  return [{ path: INDEX_FILE, source: memorySource(sealed) }, ...stored];
}

/** Where a chunk ends once every chunk up to it has its tag. */
const longer = (end: number, i: number): number => end + (i + 1) * TAG_BYTES;

/** Ciphertext made as it is read, a whole chunk at a time: it takes no room of its own. */
class EncryptedSource implements ByteSource {
  readonly size: number;
  readonly #plain: ByteSource;
  readonly #key: TenantKey;
  /** By the offset of the ciphertext: where the plain chunk lies. */
  readonly #chunks = new Map<number, { readonly start: number; readonly end: number }>();

  constructor(plain: ByteSource, ends: readonly number[], key: TenantKey) {
    this.#plain = plain;
    this.#key = key;
    this.size = plain.size + ends.length * TAG_BYTES;
    ends.forEach((end, i) => {
      const start = ends[i - 1] ?? 0;
      this.#chunks.set(start + i * TAG_BYTES, { start, end });
    });
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const chunk = this.#chunks.get(offset);
    if (chunk === undefined || chunk.end - chunk.start + TAG_BYTES !== length)
      throw new RangeError(`${length} bytes at ${offset} are not one encrypted chunk`);
    return this.#key.encryptChunk(await this.#plain.read(chunk.start, length - TAG_BYTES));
  }
}
