/** Manifests and graphs by digest, from a directory; what is read is what was named, or it is refused. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, type Manifest, parseManifest, sha256 } from '@assay/core';
import { NodeError } from './node-error.ts';

/** The path of a blob below the store's root: `sha256/<hex>`. */
export const blobPath = (root: string, digest: string): string =>
  join(root, 'sha256', digest.slice('sha256:'.length));

/** A directory of blobs. */
export class BlobStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The blob's bytes. @throws NodeError `not-here` when it is missing or its bytes have another digest */
  async read(digest: string): Promise<Uint8Array> {
    const path = blobPath(this.#root, digest);
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new NodeError('not-here', { what: `${digest} cannot be read`, where: path, cause });
    });
    const found = `sha256:${hex(sha256(bytes))}`;
    if (found === digest) return bytes;
    throw new NodeError('not-here', {
      what: `the bytes of ${digest} have the digest ${found}`,
      where: path,
      fix: 'Delete the file and fetch the blob again.',
    });
  }

  /** A version's manifest and the graph that it names. @throws NodeError `not-here`, ManifestError */
  async version(digest: string): Promise<{ manifest: Manifest; graph: Uint8Array }> {
    const manifest = parseManifest(await this.read(digest));
    return { manifest, graph: await this.read(manifest.graph.id) };
  }
}
