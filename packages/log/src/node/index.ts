/** The Node half of the log: appender, recovery, fsck, and the witness. */
export * from './checkpoint-row.ts';
export type { EntryIdentity, KeyConflict } from './dedupe-index.ts';
export * from './disk-files.ts';
export { fsck, type FsckFinding, type FsckInput, type FsckReport } from './fsck.ts';
export { GROUP_ENTRIES } from './group.ts';
export * from './log-error.ts';
export * from './log-files.ts';
export * from './log-options.ts';
export { Log } from './log.ts';
export { MirrorError } from './mirror/mirror-error.ts';
export { Mirror, type MirrorSource, type Pulled } from './mirror/mirror.ts';
export { rebuildLog, type Rebuilt } from './mirror/rebuild.ts';
export * from './open-log.ts';
export * from './sqlite-row.ts';
export * from './start-guard.ts';
export * from './witness-index.ts';
