/** What a node serves from: versions that the log names, loaded from storage and cached by digest. */
import type { Signer } from '@assay/core';
import { connectStorage, readStorageNetwork, type StorageConnection } from '../storage-client/index.ts';
import {
  ContentCache,
  ContentError,
  type LoadedVersion,
  StorageSource,
  VersionStore,
} from '../version-content/index.ts';
import type { NodeConfig } from './config.ts';
import { NodeError } from './node-error.ts';
import type { NodeEnvironment } from './node.ts';

/** Dispose of it when the sessions are closed. */
export class Contents implements AsyncDisposable {
  readonly #connection: StorageConnection;
  readonly #versions: VersionStore;

  /** @throws ConfigError when the description of the storage network does not fit */
  constructor(config: NodeConfig['storage'], env: NodeEnvironment & { readonly signer: Signer }) {
    this.#connection = connectStorage(readStorageNetwork(config.network), env);
    this.#versions = new VersionStore({
      cache: new ContentCache(config.cache),
      blobs: new StorageSource(this.#connection),
      blobOf: (version) => env.view.registry.models.version(version)?.blob.id,
    });
  }

  /** @throws NodeError `not-here`, naming the storage nodes that did not answer; ManifestError */
  async version(digest: string): Promise<LoadedVersion> {
    try {
      return await this.#versions.version(digest);
    } catch (error) {
      if (!(error instanceof ContentError)) throw error;
      const { what, where, fix } = error;
      throw new NodeError('not-here', {
        what,
        cause: error,
        ...(where === undefined ? {} : { where }),
        ...(fix === undefined ? {} : { fix }),
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }
}
