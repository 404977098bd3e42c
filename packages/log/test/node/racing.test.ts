/** Facts §7 trap 2: two real processes write to one log directory. One is refused; nothing forks. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { equal, systemClock, utf8 } from '@assay/core';
import { openCheckpoint } from '@assay/log';
import { openLog } from '@assay/log/node';
import { describe, expect, it } from 'vitest';
import { LogKeys } from '../../src/node/log-keys.ts';
import { diskOptions, ed25519, mldsa44, ORIGIN } from './support.ts';

interface Outcome {
  readonly end: string;
  readonly acknowledged: readonly [number, string, string][];
}

interface Writer {
  readonly child: ChildProcess;
  readonly open: Promise<unknown>;
  readonly outcome: Promise<Outcome>;
}

function startWriter(directory: string, name: string): Writer {
  const script = new URL('racing-writer.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, directory, name, '200'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const open = lines.next();
  const outcome = open.then(async () => JSON.parse((await lines.next()).value as string) as Outcome);
  return { child, open, outcome };
}

describe('two writers', () => {
  it('the one that loses the row stops; every acknowledgement stands; no size has two signed roots', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'assay-race-'));
    const writers = [startWriter(directory, 'a'), startWriter(directory, 'b')];
    await Promise.all(writers.map(({ open }) => open));
    for (const { child } of writers) child.stdin?.write('go\n');
    const outcomes = await Promise.all(writers.map(({ outcome }) => outcome));

    const ends = outcomes.map(({ end }) => end).toSorted();
    expect(ends).toEqual(['finished', 'lost-race']);
    const log = await openLog(diskOptions(directory, systemClock));
    const { verifiers } = new LogKeys(ORIGIN, ed25519, mldsa44);
    for (const [index, text, note] of outcomes.flatMap(({ acknowledged }) => acknowledged)) {
      expect(new TextDecoder().decode(await log.entry(index))).toBe(text);
      const { size, root } = openCheckpoint(utf8(note), verifiers).checkpoint;
      expect(equal(await log.rootAt(size), root), `tree of ${size}`).toBe(true);
    }
    await log.close();
    rmSync(directory, { recursive: true });
  });
});
