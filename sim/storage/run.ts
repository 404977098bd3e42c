/** Runs the storage simulation over a range of seeds: `node sim/storage/run.ts [first] [count]`. A seed replays a fault. */
import { fuzz } from './fuzz.ts';

const [first, count] = [Number(process.argv[2] ?? 0), Number(process.argv[3] ?? 10_000)];
let regressions = 0;
const failed: number[] = [];
const started = performance.now();
for (let seed = first; seed < first + count; seed++) {
  try {
    regressions += (await fuzz(seed)).regressions;
  } catch (error) {
    failed.push(seed);
    process.stdout.write(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
  if ((seed - first) % 500 === 499)
    process.stdout.write(`${seed - first + 1} seeds, ${failed.length} failed\n`);
}
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
process.stdout.write(
  `${count} seeds in ${seconds} s, ${regressions} explained regressions, ${failed.length} failed\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
