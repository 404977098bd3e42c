/**
 * The log's bench: `node bench/log/main.ts [--json] [--seconds N] [--runs N]`.
 *
 * Appends over HTTP by a client process, latencies to a durable signature and to a witnessed one, verification from
 * bytes, and admission, beside what the same disk does with fdatasync, node:sqlite and PostgreSQL in the same run. Rates
 * are medians of the runs. A peer that is not there prints "not run"; nothing is taken from an earlier run.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { percentile } from '../gateway/percentile.ts';
import { admissionRates } from './admission.ts';
import { atLeast, atMost, type Figure, verdict } from './figures.ts';
import { load, type LoadMode } from './load.ts';
import { postgres, rawAppend, sqlite } from './peers.ts';
import { type Rate, rateOf } from './rate.ts';
import { reverify } from './reverify.ts';
import { type BenchServer, startServer } from './server.ts';
import { median, repeat } from './stats.ts';

interface Row {
  readonly name: string;
  readonly perSecond: number | undefined;
  readonly perCpuSecond?: number | undefined;
}

/** Milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '3' },
    runs: { type: 'string', default: '3' },
  },
});
const seconds = Number(values.seconds);
const runs = Number(values.runs);

say(
  `medians of ${runs} runs of ${seconds} s; ${availableParallelism()} CPUs, load ${loadavg()[0]?.toFixed(1)} at the start`,
);
const { rows, latency, verified } = await measureLog();
const witnessed = await witnessedLatency();
const admission = admissionRates();
rows.push(
  { name: `verify from bytes, ${verified.entries.toLocaleString('en')} entries`, ...verified.rate },
  await peer('fdatasync, 1 entry', () => rawAppend(1, 1)),
  await peer('fdatasync, 1,000 entries', () => rawAppend(1_000, 1)),
  await peer('node:sqlite, 1 row per transaction', () => sqlite(1, 1)),
  await peer('node:sqlite, 1,000 rows', () => sqlite(1_000, 1)),
  { name: 'PostgreSQL, 1 row, 16 clients', perSecond: (await postgres(2))?.perSecond },
  { name: `admission of ${admission.bytes} B receipts`, perSecond: undefined, perCpuSecond: admission.admit },
  { name: 'bare Ed25519 verify of the same', perSecond: undefined, perCpuSecond: admission.bareVerify },
);
report(rows, figures());

/** Loads one log in turn, then verifies what is left of it. */
async function measureLog(): Promise<{
  rows: Row[];
  latency: Latency;
  verified: Awaited<ReturnType<typeof reverify>>;
}> {
  const server = await startServer();
  try {
    // Once unmeasured, so that the first run does not pay for the compiler.
    for (const mode of ['single', 'batch'] as const) await load(server.url, mode, 1);
    const measured = [
      await appends('log, 1 entry per request', server, 'single'),
      await appends('log, 1,000 entries per request', server, 'batch'),
    ];
    const paced = await latencies(server, 'paced');
    await server.stop();
    return { rows: measured, latency: paced, verified: await reverify(server.directory) };
  } finally {
    await server.stop();
    server.remove();
  }
}

function figures(): Figure[] {
  const [single, batched] = rows;
  return [
    atLeast('single-entry appends over HTTP', 10_000, single?.perCpuSecond, 'per server CPU-second'),
    atLeast('batched appends over HTTP', 100_000, batched?.perCpuSecond, 'per server CPU-second'),
    atLeast('admission against bare verify', 0.8, admission.admit / admission.bareVerify, 'of bare verify'),
    atMost('append to durable signature, p50', 10, latency.p50, 'ms at 300/s'),
    atMost('append to durable signature, p99', 50, latency.p99, 'ms at 300/s'),
    atMost('append to witnessed, p99', 3_000, witnessed.p99, 'ms, 3 of 4 witnesses'),
    atLeast('verify from bytes', 100_000, verified.rate.perCpuSecond, 'entries per CPU-second'),
  ];
}

async function appends(name: string, to: BenchServer, mode: LoadMode): Promise<Row> {
  const rates = await repeat(runs, () =>
    rateOf(to.pid, async () => (await load(to.url, mode, seconds)).done),
  );
  return { name, ...medianRate(rates) };
}

async function peer(name: string, work: () => Promise<Rate>): Promise<Row> {
  return { name, ...medianRate(await repeat(runs, work)) };
}

function medianRate(rates: readonly Rate[]): Rate {
  const cpu = rates.flatMap(({ perCpuSecond }) => perCpuSecond ?? []);
  return {
    perSecond: median(rates.map(({ perSecond }) => perSecond)),
    perCpuSecond: cpu.length === 0 ? undefined : median(cpu),
  };
}

async function latencies(to: BenchServer, mode: LoadMode): Promise<Latency> {
  const all = await repeat(runs, async () => (await load(to.url, mode, seconds)).latencies);
  return {
    p50: median(all.map((one) => percentile(one, 0.5))),
    p99: median(all.map((one) => percentile(one, 0.99))),
  };
}

async function witnessedLatency(): Promise<Latency> {
  const witnessing = await startServer(4);
  try {
    return await latencies(witnessing, 'witnessed');
  } finally {
    await witnessing.stop();
    witnessing.remove();
  }
}

function report(all: readonly Row[], reached: readonly Figure[]): void {
  if (values.json) {
    console.log(JSON.stringify({ rows: all, latency, witnessed, figures: reached }));
    return;
  }
  const base = all.find(({ name }) => name === 'fdatasync, 1 entry')?.perSecond;
  console.log(`\n${'per second'.padStart(52)}${'per CPU-second'.padStart(16)}${'× fdatasync'.padStart(13)}`);
  for (const { name, perSecond, perCpuSecond } of all) {
    const ratio = perSecond === undefined || base === undefined ? '' : (perSecond / base).toFixed(2);
    const missing = perCpuSecond === undefined ? 'not run' : '';
    console.log(
      `${name.padEnd(40)}${number(perSecond, missing)}${number(perCpuSecond, '').padStart(16)}${ratio.padStart(13)}`,
    );
  }
  console.log('\nDESIGN §13');
  for (const figure of reached) {
    const measured =
      figure.measured === undefined
        ? '–'
        : figure.measured.toLocaleString('en', { maximumFractionDigits: 2 });
    console.log(
      `${figure.name.padEnd(36)}${measured.padStart(12)} ${figure.unit.padEnd(24)} ${figure.target.padEnd(10)} ${verdict(figure)}`,
    );
  }
}

function number(value: number | undefined, missing: string): string {
  return (value === undefined ? missing : Math.round(value).toLocaleString('en')).padStart(12);
}

function say(line: string): void {
  if (!values.json) console.log(line);
}
