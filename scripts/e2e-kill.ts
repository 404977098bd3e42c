/**
 * Kills every process of the story at a random moment, as a power cut would, and starts it again: it must go on to its
 * end, and the log must be whole.
 *
 *     node scripts/e2e-kill.ts [ROUNDS] [SEED]
 *
 * Prints each round's seed and moment, which is counted in lines told and so does not hang on the machine's speed;
 * `node scripts/e2e-kill.ts 1 SEED` repeats a round. Exit code 1 when one failed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../packages/cli/test/e2e/support/ports.ts';
import { ToldStory, tellStory } from '../packages/cli/test/e2e/support/told-story.ts';
import { problemsOf } from './e2e-kill/problems.ts';
import { seededRandom } from '../examples/sp500/src/random.ts';

/** Lines that a story tells before its incident; the kill comes after one of them. */
const LINES = 48;
/** Milliseconds after that line; before the first line it is a longer span, in which the processes start. */
const SPAN_MS = 400;
const STARTING_SPAN_MS = 10_000;

const rounds = Number(process.argv[2] ?? '3');
const firstSeed = Number(process.argv[3] ?? '1');

let failed = 0;
for (let round = 0; round < rounds; round++) {
  const seed = firstSeed + round;
  const problems = await killedOnce(seed);
  for (const problem of problems) console.log(`  ${problem}`);
  if (problems.length > 0) failed += 1;
}
console.log(`${rounds} rounds, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function killedOnce(seed: number): Promise<readonly string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-kill-'));
  const random = seededRandom(seed);
  // One round in five is killed while the network is still being made or started.
  const line = random() < 0.2 ? 0 : 1 + Math.floor(random() * LINES);
  const delay = Math.round(random() * (line === 0 ? STARTING_SPAN_MS : SPAN_MS));
  const telling = { dir, port: await freePorts(), fault: 'c=serve-stale:honest' };
  const first = new ToldStory(telling);
  await first.told(line);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, delay)), first.ended]);
  const moment = `${delay} ms after line ${line} "${first.lines[line - 1]?.trim().slice(0, 48) ?? 'start'}"`;
  await first.killAll();
  const problems = await problemsOf(dir, await tellStory(telling));
  console.log(`seed ${seed}: killed ${moment}: ${problems.length === 0 ? 'ok' : `FAILED, see ${dir}`}`);
  if (problems.length === 0) rmSync(dir, { recursive: true });
  return problems;
}
