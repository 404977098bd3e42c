/** T1 and T2: what paying adds to one call, and how many calls a second go, beside the official packages. */
import { cpuSeconds } from '../gateway/process-cpu.ts';
import { chainText } from './chain.ts';
import { Child } from './child.ts';
import type { Pairs, Spread } from './clock.ts';
import type { Ours } from './ours.ts';
import { oneOver, printRow } from './table.ts';

const WIDTH = 16;
const WARM_SECONDS = 6;
const RATE_SECONDS = 6;

/** The official server and the process of those who pay. */
export interface Speeds {
  readonly official: Child;
  readonly caller: Child;
}

/** Starts both, with wallets that hold tokens and payment channels that are open. */
export async function startSpeeds({ money, gateway, network }: Ours): Promise<Speeds> {
  const chain = chainText(money);
  const official = new Child(new URL('official-server.ts', import.meta.url), [chain]);
  const officialUrl = await official.ask<string>('url');
  const args = [chain, gateway.url, network.policyFile, officialUrl];
  const caller = new Child(new URL('caller.ts', import.meta.url), args);
  for (const address of await caller.ask<string[]>('addresses'))
    await money.give(address, 1_000_000_000_000n);
  return { official, caller };
}

/** What has not run often is interpreted, on both sides: that is not what is measured. */
export async function warm({ caller }: Speeds): Promise<void> {
  await caller.ask('once', 'paid');
  await caller.ask('once', 'official exact');
  for (let i = 0; i < WIDTH; i++) await caller.ask('once', 'official batch');
  for (const name of ['unpaid', 'paid', 'official batch'])
    await caller.ask('rate', name, WIDTH, WARM_SECONDS);
  for (const name of ['official exact', 'official unpaid']) await caller.ask('rate', name, 1, 2);
}

/** T1, in pairs of one unpaid and one paid call. */
export async function measureAdded({ caller }: Speeds, pairs: number): Promise<void> {
  const ask = (less: string, more: string, count: number): Promise<Pairs> =>
    caller.ask('pairs', less, more, count);
  const ours = await ask('unpaid', 'paid', pairs * 3);
  const batch = await ask('official unpaid', 'official batch alone', pairs);
  const exact = await ask('official unpaid', 'official exact', Math.ceil(pairs / 3));
  const ratio = ({ difference }: Pairs): number => ours.difference.middle / difference.middle;
  // The worst that both intervals allow.
  const worst = ({ difference }: Pairs): number => ours.difference.to / difference.from;
  const isMet = ratio(batch) <= 1 / 10 && ratio(exact) <= 1 / 30;
  const isSure = worst(batch) <= 1 / 10 && worst(exact) <= 1 / 30;
  printRow({
    target: 'T1',
    figure:
      `paid less unpaid, middle of ${pairs * 3} pairs and its 95 % interval: ours ${text(ours.difference)} ms (${ours.less.toFixed(2)} unpaid, ${ours.more.toFixed(2)} paid), ` +
      `official batch ${text(batch.difference)}, exact ${text(exact.difference)}: ${oneOver(ratio(batch))} and ${oneOver(ratio(exact))} ` +
      `(wanted 1/10, 1/30), at worst ${oneOver(worst(batch))} and ${oneOver(worst(exact))}${isMet === isSure ? '' : ': the spread does not decide it'}`,
    met: isMet,
  });
}

interface Rate {
  readonly rate: number;
  readonly count: number;
}

/** T2, each load in turn and twice, so that no side has the better half of the machine's time. */
export async function measureRates(ours: Ours, { official, caller }: Speeds): Promise<void> {
  const pids = {
    gateway: ours.gateway.pid,
    node: ours.node.pid,
    'log and witness': process.pid,
    client: caller.pid,
    official: official.pid,
  };
  const rounds: { unpaid: Measured; paid: Measured; batch: Measured }[] = [];
  const measured = async (name: string): Promise<Measured> => {
    const before = cpuOf(pids);
    const { rate, count } = await caller.ask<Rate>('rate', name, WIDTH, RATE_SECONDS);
    const after = cpuOf(pids);
    const cpu = Object.keys(pids).map((pid) => [pid, ((after[pid]! - before[pid]!) / count) * 1e6] as const);
    return { rate, cpu: Object.fromEntries(cpu) };
  };
  for (let i = 0; i < 2; i++) {
    rounds.push({
      unpaid: await measured('unpaid'),
      paid: await measured('paid'),
      batch: await measured('official batch'),
    });
  }
  const rate = (of: 'unpaid' | 'paid' | 'batch'): number =>
    rounds.reduce((sum, round) => sum + round[of].rate, 0) / rounds.length;
  const micros = (of: 'unpaid' | 'paid' | 'batch', names: readonly string[]): string =>
    names.map((name) => `${name} ${Math.min(...rounds.map((r) => r[of].cpu[name]!)).toFixed(0)}`).join(', ');
  const times = rate('paid') / rate('batch');
  const share = rate('paid') / rate('unpaid');
  const all = ['gateway', 'node', 'log and witness', 'client'];
  printRow({
    target: 'T2',
    figure: `requests/s at ${WIDTH}: ours ${rate('paid').toFixed(0)} paid, ${rate('unpaid').toFixed(0)} unpaid, official batch ${rate('batch').toFixed(0)}: ${times.toFixed(1)} times, ${(share * 100).toFixed(0)} % of unpaid (wanted 8 times, 50 %)`,
    met: times >= 8 && share >= 0.5,
  });
  console.log(`     CPU µs per paid call: ${micros('paid', all)}`);
  console.log(`     CPU µs per unpaid call: ${micros('unpaid', all)}`);
  console.log(`     CPU µs per official batch call: ${micros('batch', ['official', 'client'])}`);
}

interface Measured {
  readonly rate: number;
  readonly cpu: Readonly<Record<string, number>>;
}

const cpuOf = (pids: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid) ?? Number.NaN]));

const text = ({ middle, from, to }: Spread): string =>
  `${middle.toFixed(2)} [${from.toFixed(2)} to ${to.toFixed(2)}]`;
