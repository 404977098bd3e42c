/** What a log is opened with, and what it takes and gives. */
import type { Clock, Signer } from '@assay/core';
import type { Policy } from '../policy-parse.ts';
import type { CheckpointRow } from './checkpoint-row.ts';
import type { EntryIdentity, KeyConflict } from './dedupe-index.ts';
import type { LogFiles } from './log-files.ts';
import type { SignGuard } from './start-guard.ts';

/** What the log must know of an entry beside its bytes; the log itself never parses one. */
export interface EntryDescription extends EntryIdentity {
  /**
   * True for an entry that alone calls for no new checkpoint: `checkpoint.cosigned`, `view.root` (PROTOCOL 3.1).
   * Default false.
   */
  readonly isQuiet?: boolean;
  /** True for an entry that `onEntry` must be told of at every start: what its owner knows of the log hangs on it. Default false. */
  readonly isNotable?: boolean;
}

/** An entry to be logged: its exact bytes, and what its admission found out about it. */
export interface AppendRequest extends EntryDescription {
  readonly bytes: Uint8Array;
}

/** Where an entry stands. It is durable, and covered by a checkpoint signature. */
export interface Appended {
  readonly index: number;
  /** True when the same record by the same signer was there before; `index` is that first one. */
  readonly isDuplicate: boolean;
  /** Declared keys that an earlier, different record of the same signer also declares: evidence of equivocation. */
  readonly conflicts: readonly KeyConflict[];
}

/** A tree the log has signed for. */
export interface SignedCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed note. */
  readonly note: Uint8Array;
}

/** How to open a log. */
export interface LogOptions {
  /** Schema-less URL; the name of its keys. */
  readonly origin: string;
  readonly ed25519: Signer;
  readonly mldsa44?: Signer;
  readonly files: LogFiles;
  readonly row: CheckpointRow;
  readonly clock: Clock;
  /** Identity of a stored entry, to rebuild the dedupe index on start; undefined for one that no longer parses. */
  readonly describe: (entry: Uint8Array) => EntryDescription | undefined;
  /**
   * Told in log order of durable entries: on start of the notable ones, then of every one as it is committed; the very
   * array that was given to `describe` or `append`, so that what was learnt then can be kept by it.
   */
  readonly onEntry?: (entry: Uint8Array, index: number) => void;
  /** When present, only checkpoints that satisfy it are published. */
  readonly policy?: Policy;
  /** Runs after recovery and before anything is signed; refuses by throwing (see `startGuard`). */
  readonly guard?: SignGuard;
  /** Bytes after which a segment is finished and its tiles made durable. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Most entries that may wait for their commit before `append` refuses. Default 32,768. */
  readonly queueLimit?: number;
  /** Tiles kept in memory with their inner nodes, 16 KiB each. Default 1,024. */
  readonly cachedTiles?: number;
}
