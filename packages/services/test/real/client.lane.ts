/** Real lane: the process that uploads is killed, and another one goes on from its journal. */
import { join } from 'node:path';
import { fromHex } from '@assay/core';
import { describe, expect } from 'vitest';
import { runClient, taskFor } from './client-process.ts';
import { realTest } from './needs.ts';
import { clusterOf, expectSame, MIB, SIZE } from './upload-run.ts';
const WINDOW = 4;

describe('real lane: the client', () => {
  realTest(
    '5. the client process is killed with SIGKILL at 60 %: a fresh one begins where the journal says, sends little twice, and ends with the same blob',
    [],
    async () => {
      const cluster = await clusterOf();
      const task = await taskFor(cluster, { window: WINDOW });
      const first = await runClient(task, { killAt: 0.6 * SIZE });
      expect(first.signal).toBe('SIGKILL');
      expect(first.blob).toBeUndefined();
      const shown = first.bars.at(-1) as number;
      expect(shown).toBeGreaterThanOrEqual(0.6 * SIZE);
      expect(shown).toBeLessThan(SIZE);

      const second = await runClient(task);
      expect(second.bars[0]).toBeGreaterThanOrEqual(shown);
      expect(second.causes).toEqual([]);
      expect(second.bars).toEqual([...second.bars].sort((a, b) => a - b));
      expect(second.bars.at(-1)).toBe(SIZE);
      const twice = [...second.sent].filter(([shard]) => first.sent.has(shard));
      const bytes = twice.reduce((sum, [, size]) => sum + size, 0);
      // T8: what was in flight, and what was acknowledged since the journal was last synced.
      expect(bytes).toBeLessThanOrEqual(2 * WINDOW * 6 * MIB);
      process.stderr.write(`killed at ${shown / MIB} MiB shown, sent twice: ${bytes / MIB} MiB\n`);
      await expectSame(cluster, fromHex(String(second.blob)));

      // The same files at once, without a journal of before, are the same blob.
      const another = { ...task, journal: join(cluster.root, 'another') };
      expect((await runClient(another)).blob).toBe(second.blob);
    },
  );
});
