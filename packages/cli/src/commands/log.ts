/** `assay log`: the log itself, entry by entry. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { logCheckpoint } from './log-checkpoint.ts';
import { logEntry } from './log-entry.ts';
import { logFsck } from './log-fsck.ts';
import { logLs } from './log-ls.ts';
import { logMirror } from './log-mirror.ts';
import { logMonitor } from './log-monitor.ts';
import { logProof } from './log-proof.ts';
import { logRebuild } from './log-rebuild.ts';

export const log = buildRouteMap<
  'checkpoint' | 'entry' | 'proof' | 'ls' | 'fsck' | 'mirror' | 'rebuild' | 'monitor',
  CliContext
>({
  routes: {
    checkpoint: logCheckpoint,
    entry: logEntry,
    proof: logProof,
    ls: logLs,
    fsck: logFsck,
    mirror: logMirror,
    rebuild: logRebuild,
    monitor: logMonitor,
  },
  docs: {
    brief: 'Look into the log: its checkpoint, its entries and their proofs, its files; copy it, watch it',
  },
});
