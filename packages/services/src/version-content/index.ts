/** A version's content: stored as one blob, loaded by verified reads, kept in a local cache by digest. */
export { type BlobContent, type BlobSource, StorageSource } from './blob-source.ts';
export { ContentCache } from './content-cache.ts';
export { ContentError } from './content-error.ts';
export { findContent, MANIFEST_FILE, namedContent } from './layout.ts';
export { type StoredBlob, type Storing, storeFiles, versionFiles } from './store-version.ts';
export { type LoadedVersion, VersionStore, type VersionStoreOptions } from './version-store.ts';
