/** What a node serves from: versions that the log names, loaded from storage and cached by digest. */
import { keyIdOf, type Signer } from '@assay/core';
import { type Peer, Peers, Swarm, type SwarmCounts } from '../swarm/index.ts';
import { connectStorage, readStorageNetwork, type StorageConnection } from '../storage-client/index.ts';
import { ContentCache, ContentError, type LoadedVersion, VersionStore } from '../version-content/index.ts';
import type { LogView } from '../participant/index.ts';
import { FormatError, TransferError } from '@assay/storage';
import type { NodeConfig } from './config.ts';
import { NodeError } from './node-error.ts';
import type { NodeEnvironment } from './node.ts';

/** How long another node may take to say that it will give a chunk; milliseconds. */
const PEER_TIMEOUT_MS = 5_000;

/** Dispose of it when the sessions are closed. */
export class Contents implements AsyncDisposable {
  readonly #connection: StorageConnection;
  readonly #view: LogView;
  readonly #swarm: Swarm;
  readonly #versions: VersionStore;

  /** @throws ConfigError when the description of the storage network does not fit */
  constructor(config: NodeConfig['storage'], env: NodeEnvironment & { readonly signer: Signer }) {
    const { view, signer, clock, log } = env;
    this.#view = view;
    const self = keyIdOf(signer.publicKey);
    const cache = new ContentCache(config.cache);
    this.#connection = connectStorage(readStorageNetwork(config.network, clock), env);
    this.#swarm = new Swarm({
      connection: this.#connection,
      cache,
      self,
      others: () => otherNodes(view, self),
      peers: new Peers({ signer, clock, timeoutMs: PEER_TIMEOUT_MS }),
      isPublished: (blob) => this.knows(blob),
      onProblem: (error) => log.warn({ err: error }, 'a peer gave no chunk'),
    });
    const blobOf = (version: string): string | undefined => view.registry.models.version(version)?.blob.id;
    this.#versions = new VersionStore({ cache, blobs: this.#swarm, blobOf });
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

  /** A chunk of a published blob, for another node. @throws NodeError `unknown-chunk` | `not-here` */
  async chunk(blob: string, chunk: string): Promise<Uint8Array> {
    const bytes = await this.#give(blob, chunk);
    if (bytes !== undefined) return bytes;
    throw new NodeError('unknown-chunk', { what: `no published blob ${blob} has a chunk ${chunk}` });
  }

  /** Whether the log names this blob for a version. */
  knows(blob: string): boolean {
    return [...this.#view.registry.models.versions].some((version) => version.blob.id === blob);
  }

  get counts(): SwarmCounts {
    return this.#swarm.counts;
  }

  async #give(blob: string, chunk: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#swarm.give(blob, chunk);
    } catch (error) {
      if (!(error instanceof TransferError || error instanceof FormatError)) throw error;
      throw new NodeError('not-here', { what: error.what, where: `blob ${blob}`, cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#swarm[Symbol.asyncDispose]();
    await this.#connection[Symbol.asyncDispose]();
  }
}

function otherNodes({ registry }: LogView, self: string): Peer[] {
  return registry.participants.withRole('node').flatMap(({ keyId, endpoints: [endpoint] }) => {
    return keyId === self || endpoint === undefined ? [] : [{ keyId, endpoint }];
  });
}
