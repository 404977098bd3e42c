/** Reads a private blob with its tenant's key: names, sizes and bytes as they were. */
import { equal, sha256 } from '@assay/core';
import type { BlobReader } from '../../client/reader.ts';
import { FormatError } from '../../errors.ts';
import { decodeIndex, INDEX_FILE, type PrivateFile } from './index-file.ts';
import type { TenantKey } from './keys.ts';

/** Whether a blob's content is private. */
export const isPrivate = ({ manifest }: BlobReader): boolean =>
  manifest.files.some(({ path }) => path === INDEX_FILE);

/** Opens it. The reader stays its caller's. @throws FormatError when it does not open with this key */
export async function openPrivate(reader: BlobReader, key: TenantKey): Promise<PrivateBlob> {
  return new PrivateBlob(reader, key, decodeIndex(key.decryptIndex(await reader.bytes(INDEX_FILE))));
}

export class PrivateBlob {
  readonly files: readonly PrivateFile[];
  readonly #reader: BlobReader;
  readonly #key: TenantKey;

  constructor(reader: BlobReader, key: TenantKey, files: readonly PrivateFile[]) {
    this.#reader = reader;
    this.#key = key;
    this.files = files;
  }

  /** The bytes of a file in order. @throws FormatError `range` | `manifest` */
  async *read(path: string): AsyncGenerator<Uint8Array> {
    const at = this.files.findIndex((file) => file.path === path);
    const file = this.files[at];
    if (file === undefined) throw new FormatError('range', { what: `the blob has no file "${path}"` });
    let next = 0;
    for await (const bytes of this.#reader.read(String(at))) {
      const id = file.chunks[next++] ?? new Uint8Array(32);
      const chunk = this.#key.decryptChunk(bytes, id);
      if (!equal(sha256(chunk), id))
        throw new FormatError('manifest', {
          what: `chunk ${next - 1} of "${path}" is not what its index says`,
        });
      yield chunk;
    }
    if (next !== file.chunks.length)
      throw new FormatError('manifest', { what: `"${path}" has ${next} chunks, not ${file.chunks.length}` });
  }
}
