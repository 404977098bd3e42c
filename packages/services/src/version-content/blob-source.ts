/** Where blobs are read from: a storage network, every chunk verified before it is given. */
import { type Manifest, openBlob } from '@assay/storage';
import { silentNodes, type StorageConnection } from '../storage-client/index.ts';

/** One blob, open for reading. */
export interface BlobContent extends AsyncDisposable {
  readonly manifest: Manifest;
  /** The bytes of a file in order. @throws TransferError */
  read(path: string): AsyncIterable<Uint8Array>;
}

/** Blobs by id. */
export interface BlobSource {
  /** @throws TransferError, FormatError */
  open(blobId: Uint8Array): Promise<BlobContent>;
  /** Names of the storage nodes that do not answer now. */
  silent(): Promise<string[]>;
}

/** Blobs straight from storage. */
export class StorageSource implements BlobSource {
  readonly #connection: StorageConnection;

  constructor(connection: StorageConnection) {
    this.#connection = connection;
  }

  silent(): Promise<string[]> {
    return silentNodes(this.#connection);
  }

  async open(blobId: Uint8Array): Promise<BlobContent> {
    const reader = await openBlob(blobId, this.#connection.options);
    return {
      manifest: reader.manifest,
      read: (path) => reader.read(path),
      [Symbol.asyncDispose]: async () => reader[Symbol.dispose](),
    };
  }
}
