/** The settings of `assay blob put`, and the encoding threads that go with them. */
import type { Committee } from '@assay/storage';
import { type CodecPool, codecPool } from '@assay/storage/node';
import { MIB } from './stats.ts';

export const SETTINGS = { shardBytes: 4 * MIB, window: 3 } as const;

/** Two threads, and memory for the packs in the window and two more. Dispose of it when done. */
export function threads({ profile }: Committee): CodecPool {
  const bytes = (SETTINGS.window + 2) * profile.n * (SETTINGS.shardBytes + 4_096);
  return codecPool({ threads: 2, bytes });
}
