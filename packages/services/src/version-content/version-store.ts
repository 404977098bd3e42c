/** Versions by digest: from the local cache, else from storage; what is given is what was named, or nothing is. */
import { type AssayError, fromHex, type Manifest, parseManifest } from '@assay/core';
import { NodeError, TransferError } from '@assay/storage';
import type { BlobContent, BlobSource } from './blob-source.ts';
import type { ContentCache } from './content-cache.ts';
import { ContentError } from './content-error.ts';
import { findContent, MANIFEST_FILE } from './layout.ts';

export interface VersionStoreOptions {
  readonly cache: ContentCache;
  readonly blobs: BlobSource;
  /** The blob that the log names for a version, in hexadecimal. */
  readonly blobOf: (version: string) => string | undefined;
}

/** A version as the engine takes it. */
export interface LoadedVersion {
  readonly manifest: Manifest;
  readonly graph: Uint8Array;
}

export class VersionStore {
  readonly #options: VersionStoreOptions;

  constructor(options: VersionStoreOptions) {
    this.#options = options;
  }

  /** A version's manifest and the graph that it names. @throws ContentError, ManifestError */
  async version(digest: string): Promise<LoadedVersion> {
    const { cache } = this.#options;
    const manifestBytes = await cache.read(digest);
    const manifest = manifestBytes && parseManifest(manifestBytes);
    const graph = manifest && (await cache.read(manifest.graph.id));
    return manifest && graph ? { manifest, graph } : this.#fetch(digest);
  }

  async #fetch(version: string): Promise<LoadedVersion> {
    const { blobs, blobOf } = this.#options;
    const blob = blobOf(version);
    if (blob === undefined) {
      throw new ContentError('unpublished', {
        what: `no log entry says where version ${version} is`,
        fix: 'Publish it, or wait until the log was read that far.',
      });
    }
    try {
      await using content = await blobs.open(fromHex(blob));
      const manifest = parseManifest(await this.#file(content, version, MANIFEST_FILE));
      const { id } = manifest.graph;
      return { manifest, graph: await this.#file(content, id, findContent(content.manifest, id)) };
    } catch (error) {
      if (!(error instanceof TransferError || error instanceof NodeError)) throw error;
      throw unavailable({ version, blob, silent: await blobs.silent() }, error);
    }
  }

  async #file(content: BlobContent, digest: string, path: string | undefined): Promise<Uint8Array> {
    const { cache } = this.#options;
    const isThere = path !== undefined && content.manifest.files.some((file) => file.path === path);
    if (isThere && (await cache.keep(digest, content.read(path)))) {
      const bytes = await cache.read(digest);
      if (bytes !== undefined) return bytes;
    }
    throw new ContentError('mismatch', {
      what: `the blob holds ${isThere ? `other bytes as ${path}` : 'nothing'} for ${digest}`,
      fix: 'Its publisher has to publish the version anew.',
    });
  }
}

function unavailable(
  { version, blob, silent }: { version: string; blob: string; silent: readonly string[] },
  cause: AssayError,
): ContentError {
  const who = silent.length === 0 ? 'every node answered' : `no answer from ${silent.join(', ')}`;
  return new ContentError('unavailable', {
    what: `version ${version} cannot be loaded: ${cause.what}; ${who}`,
    where: `blob ${blob}`,
    fix: 'Start the storage nodes that do not answer, or repair the blob from one that does.',
    cause,
  });
}
