/** Real lane: the process that uploads is killed, and another one goes on from its journal. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fromHex, hex } from '@assay/core';
import { describe, expect } from 'vitest';
import { realTest } from './needs.ts';
import { clusterOf, content, expectSame, MIB, SIZE } from './upload-run.ts';
import type { Told, UploadTask } from './upload-client.ts';

const CLIENT = new URL('upload-client.ts', import.meta.url).pathname;
const WINDOW = 4;

describe('real lane: the client', () => {
  realTest(
    '5. the client process is killed with SIGKILL at 60 %: a fresh one begins where the journal says, sends little twice, and ends with the same blob',
    [],
    async () => {
      const cluster = await clusterOf();
      const file = join(cluster.root, 'weights');
      await writeFile(file, content);
      const { networkId, members } = cluster.committee;
      const task: UploadTask = {
        networkId: hex(networkId),
        nodes: members.map((id, at) => ({ id: hex(id), url: cluster.url(at) })),
        file,
        journal: join(cluster.root, 'journal'),
        shardBytes: MIB,
        window: WINDOW,
      };
      const path = join(cluster.root, 'task.json');
      await writeFile(path, JSON.stringify(task));

      const first = await run(path, 0.6 * SIZE);
      expect(first.signal).toBe('SIGKILL');
      expect(first.blob).toBeUndefined();
      const shown = first.bars.at(-1) as number;
      expect(shown).toBeGreaterThanOrEqual(0.6 * SIZE);
      expect(shown).toBeLessThan(SIZE);

      const second = await run(path);
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
      await writeFile(path, JSON.stringify({ ...task, journal: join(cluster.root, 'another') }));
      expect((await run(path)).blob).toBe(second.blob);
    },
  );
});

interface Ran {
  readonly bars: number[];
  readonly causes: string[];
  /** Bytes by shard. */
  readonly sent: Map<string, number>;
  blob?: string;
  signal: NodeJS.Signals | null;
}

/** Runs the client; kills it as soon as its bar has reached `killAt` bytes. */
async function run(task: string, killAt = Infinity): Promise<Ran> {
  const child = spawn(process.execPath, [CLIENT, task], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ran: Ran = { bars: [], causes: [], sent: new Map(), signal: null };
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line) as Told;
    if (told.type === 'put') ran.sent.set(told.shard, told.bytes);
    else if (told.type === 'done') ran.blob = told.blob;
    else {
      ran.bars.push(told.certified);
      ran.causes.push(...told.causes);
      if (told.certified >= killAt) child.kill('SIGKILL');
    }
  }
  [, ran.signal] = await gone;
  return ran;
}
