/** The Node half of the storage room: disks, the node's engine, files, HTTP and worker threads. */
export { BufferPool } from './buffer-pool.ts';
export { CodecPool, codecPool } from './codec-pool.ts';
export type { Disk } from './engine/disk.ts';
export { FileDisk, openFileDisk } from './engine/file-disk.ts';
export type { NodeEngine } from './engine/node-engine.ts';
export { type EngineOptions, StorageEngine } from './engine/storage-engine.ts';
export { freePiece } from './free-memory.ts';
export { FileJournal, openFileJournal } from './file-journal.ts';
export { FileSource, openFileSource } from './file-source.ts';
export { HttpNode, httpNode, type HttpNodeOptions } from './http-node.ts';
export { LocalNode } from './local-node.ts';
export { Bucket, type BucketOptions, openBucket } from './s3/bucket.ts';
export { S3Engine, type S3EngineOptions } from './s3/s3-engine.ts';
export { monotonicClock } from './system-clock.ts';
export { encryptFiles } from './private/encrypt-files.ts';
export { TenantKey } from './private/keys.ts';
export { isPrivate, openPrivate, type PrivateBlob } from './private/private-blob.ts';
