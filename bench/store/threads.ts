/** The settings of `assay blob put`, and the encoding threads that go with them. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Committee } from '@assay/storage';
import { type CodecPool, codecPool } from '@assay/storage/node';
import { MIB } from './stats.ts';

export const SETTINGS = { shardBytes: 4 * MIB, window: 3 } as const;

/** Where clients keep what they have compiled, as the command `assay` does. */
export const COMPILE_CACHE = join(tmpdir(), 'assay-bench-cache');

/** Two threads, and memory for the packs in the window and two more. Dispose of it when done. */
export function threads({ profile }: Committee): CodecPool {
  const bytes = (SETTINGS.window + 2) * profile.n * (SETTINGS.shardBytes + 4_096);
  return codecPool({ threads: 2, bytes });
}
