/**
 * Fault injection on real processes: `node scripts/faults.ts [--slice N] [--json]`.
 *
 * A log server runs under strace; the k-th call of each kind that touches its directory fails with EIO, or the process
 * is killed in it. Then the log is opened again: everything acknowledged must be there, every signed tree a prefix, and
 * fsck clean. Exit codes: 0 all held, 1 something did not (or no point was hit at all), 2 strace is not there.
 */
import { parseArgs } from 'node:util';
import { FaultBench, type PointResult } from '../packages/services/test/log-server/faults/run-point.ts';
import {
  type Injection,
  type Point,
  straceMissing,
} from '../packages/services/test/log-server/faults/strace.ts';

interface Run extends PointResult {
  readonly point: Point;
  readonly injection: Injection;
}

const { values } = parseArgs({
  options: { slice: { type: 'string' }, json: { type: 'boolean', default: false } },
});

const missing = straceMissing();
if (missing === undefined) process.exitCode = await main();
else {
  console.error(`not run: ${missing}. Install strace to inject faults into real processes.`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const bench = new FaultBench();
  try {
    return await runAll(bench);
  } finally {
    bench.end();
  }
}

async function runAll(bench: FaultBench): Promise<number> {
  const all = (await bench.countPoints()).flatMap((point) => [
    { point, injection: 'EIO' as const },
    { point, injection: 'SIGKILL' as const },
  ]);
  const chosen = values.slice === undefined ? all : evenly(all, Number(values.slice));
  say(`${all.length} points counted, ${chosen.length} to run`);
  const runs: Run[] = [];
  for (const { point, injection } of chosen) {
    const run = { point, injection, ...(await bench.run({ point, injection })) };
    runs.push(run);
    const verdict = run.wrong.length === 0 ? 'held' : `FAILED: ${run.wrong.join('; ')}`;
    const name = `${point.call} #${point.k} ${injection}`.padEnd(24);
    say(`${name} ${run.hits} hit, ${run.acknowledged} acknowledged, ${verdict}`);
  }
  return report(runs);
}

function report(runs: readonly Run[]): number {
  const hit = runs.filter(({ hits }) => hits > 0);
  const failed = runs.filter(({ wrong }) => wrong.length > 0);
  const calls = Map.groupBy(hit, ({ point }) => point.call);
  const perCall = [...calls].map(([call, of]) => `${call} ${of.length}`).join(', ');
  if (values.json) console.log(JSON.stringify({ runs, hit: hit.length, failed: failed.length }));
  else
    console.log(
      `${runs.length} runs, ${hit.length} points hit (${perCall || 'none'}), ${failed.length} failed`,
    );
  return hit.length === 0 || failed.length > 0 ? 1 : 0;
}

/** `count` items spread over the whole list, so that a slice sees every kind of call. */
function evenly<T>(items: readonly T[], count: number): T[] {
  const step = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor(i * step)] as T);
}

function say(line: string): void {
  if (!values.json) console.log(line);
}
