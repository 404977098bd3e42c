/** `assay log`: the log itself, entry by entry. */
import { buildRouteMap } from '@stricli/core';
import type { CliContext } from '../cli-context.ts';
import { logCheckpoint } from './log-checkpoint.ts';
import { logEntry } from './log-entry.ts';
import { logFsck } from './log-fsck.ts';
import { logLs } from './log-ls.ts';
import { logProof } from './log-proof.ts';

export const log = buildRouteMap<'checkpoint' | 'entry' | 'proof' | 'ls' | 'fsck', CliContext>({
  routes: { checkpoint: logCheckpoint, entry: logEntry, proof: logProof, ls: logLs, fsck: logFsck },
  docs: { brief: 'Look into the log: its checkpoint, its entries and their proofs, its files' },
});
