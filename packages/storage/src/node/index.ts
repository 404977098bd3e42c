/** The Node half of the storage room: disks, the node's engine, files, HTTP and worker threads. */
export type { Disk } from './engine/disk.ts';
export { FileDisk, openFileDisk } from './engine/file-disk.ts';
export { type EngineOptions, StorageEngine } from './engine/storage-engine.ts';
