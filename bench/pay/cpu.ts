/**
 * What one call costs, without the official packages beside it: CPU of each process, and T1's pairs. For work on the code,
 * where a figure before and one after are wanted within a minute; `npm run bench:pay` is the one that is held to targets.
 *
 * `node bench/pay/cpu.ts` [seconds of each load, 8 unless said otherwise] [pairs, 300] [`unpaid` or `paid`; both]. With `NODE_OPTIONS="--cpu-prof
 * --cpu-prof-dir=DIR"` each process leaves a profile.
 */
import { cpuSeconds } from '../gateway/process-cpu.ts';
import { chainText } from './chain.ts';
import { Child } from './child.ts';
import type { Pairs } from './clock.ts';
import { startOurs } from './ours.ts';

const SECONDS = Number(process.argv[2] ?? 8);
const PAIRS = Number(process.argv[3] ?? 300);
const LOADS = process.argv[4] === undefined ? ['unpaid', 'paid'] : [process.argv[4]];
const WIDTH = 16;
const ROUNDS = 3;

const ours = await startOurs();
await ours.price();
const { network, money, gateway, node } = ours;
// No official server answers there, and nothing asks it.
const args = [chainText(money), gateway.url, network.policyFile, 'http://127.0.0.1:1'];
const caller = new Child(new URL('caller.ts', import.meta.url), args);
try {
  const [payer] = await caller.ask<string[]>('addresses');
  await money.give(payer!, 1_000_000_000_000n);
  await network.unobserved(async () => {
    await caller.ask('once', 'paid');
    for (const name of LOADS) await caller.ask('rate', name, WIDTH, SECONDS);
    for (const name of LOADS) await load(name);
    if (PAIRS === 0) return;
    const { less, more, difference } = await caller.ask<Pairs>('pairs', 'unpaid', 'paid', PAIRS);
    console.log(
      `pairs: unpaid ${less.toFixed(2)} ms, paid ${more.toFixed(2)}, difference ${difference.middle.toFixed(2)} [${difference.from.toFixed(2)} to ${difference.to.toFixed(2)}]`,
    );
  });
} finally {
  caller.stop();
  await gateway.end('SIGTERM');
  await node.end('SIGTERM');
  await ours.stop();
}
process.exit(0);

/** The least of some rounds, as what else the machine does only adds. */
async function load(name: string): Promise<void> {
  const pids = { gateway: gateway.pid, node: node.pid, 'log and witness': process.pid, client: caller.pid };
  const rounds: { rate: number; cpu: Record<string, number>; entries: number }[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const before = Object.entries(pids).map(([of, pid]) => [of, cpuSeconds(pid) ?? Number.NaN] as const);
    const { rate, count } = await caller.ask<{ rate: number; count: number }>('rate', name, WIDTH, SECONDS);
    const cpu = before.map(([of, seconds]) => {
      const pid = pids[of as keyof typeof pids];
      return [of, (((cpuSeconds(pid) ?? Number.NaN) - seconds) / count) * 1e6] as const;
    });
    rounds.push({ rate, cpu: Object.fromEntries(cpu), entries: count });
  }
  const least = (of: string): number => Math.min(...rounds.map(({ cpu }) => cpu[of] ?? Number.NaN));
  const each = Object.keys(pids).map((of) => `${of} ${least(of).toFixed(0)}`);
  const all = Math.min(...rounds.map(({ cpu }) => Object.values(cpu).reduce((sum, one) => sum + one, 0)));
  const rate = Math.max(...rounds.map((round) => round.rate));
  console.log(`${name}: CPU µs per call: ${each.join(', ')}; all ${all.toFixed(0)}; ${rate.toFixed(0)}/s`);
}
