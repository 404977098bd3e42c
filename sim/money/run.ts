/**
 * Money under simulation: `npm run sim:money [seed] [steps] [seeds]`.
 *
 * Ledger against a second model, equal to the unit after every step, and against a chain at every settlement; then the
 * crash matrix. A seed replays a fault.
 */
import { ChainSide } from './chain.ts';
import { crashMatrix } from './crash.ts';
import { differential } from './differential.ts';

const [first, steps, count] = [
  Number(process.argv[2] ?? 1),
  Number(process.argv[3] ?? 100_000),
  Number(process.argv[4] ?? 1),
];
for (let seed = first; seed < first + count; seed++) {
  const started = performance.now();
  const { outcomes, totals } = await differential(seed, steps);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`seed ${seed}: ${steps} steps equal to the unit in ${seconds} s`);
  console.log(
    `  debit ${totals.debit} = credit ${totals.credit} + fees ${totals.fees}; refunds ${totals.refunds}`,
  );
  for (const [outcome, times] of Array.from(outcomes).toSorted())
    console.log(`  ${String(times).padStart(7)}  ${outcome}`);
}
const chain = await ChainSide.start();
try {
  const [chainSteps, every] = [Math.max(1, Math.floor(steps / 10)), 500];
  await differential(first, chainSteps, { chain, every });
  const settlements = Math.floor(chainSteps / every);
  console.log(
    `seed ${first}: ${chainSteps} steps, ${settlements} settlements on a chain, each equal to the unit`,
  );
} finally {
  await chain.stop();
}
const { faults, requests } = await crashMatrix();
console.log(`crash matrix: ${faults} faults, ${requests} requests, each ended once, books balanced`);
