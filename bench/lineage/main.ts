/** Measures the lineage index against its targets, beside a forward scan and SQLite, in one run. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { generate, load, preparedPositions } from './load.ts';
import {
  choose,
  measureDrill,
  measureNames,
  measureOpenIncidents,
  measurePeer,
  measureReach,
  measureWho,
  median,
} from './measure.ts';
import { sqlitePeer } from './sqlite.ts';
import { World } from './world.ts';

const USAGE = `node bench/lineage/main.ts [--records N | --full] [--runs N] [--no-peer] [--json]
  --records N   records to load (default 1000000)
  --full        ten million
  --runs N      runs per figure, of which the median counts (default 5)
  --no-peer     leave SQLite out
  --json        one JSON object`;

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    full: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    'no-peer': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Milliseconds that `reach` may take, by how many records are affected (DESIGN §13). */
const TARGETS = [
  { affected: 1_000, ms: 1 },
  { affected: 100_000, ms: 50 },
  { affected: 1_000_000, ms: 500 },
] as const;

function say(line: string): void {
  if (!values.json) process.stdout.write(`${line}\n`);
}

const number = (value: number): string => value.toLocaleString('en');
const ms = (value: number): string => `${value < 10 ? value.toFixed(3) : value.toFixed(0)} ms`;

function run(): unknown {
  const world = new World(values.full ? 10_000_000 : Number(values.records));
  const runs = Number(values.runs);
  say(
    `${number(world.size)} records, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  );

  const making = generate(world);
  const { ledger, cpuSeconds } = load(world);
  const compaction = performance.now();
  ledger.edges.compact();
  const compactMs = performance.now() - compaction;
  const ingest = {
    recordsPerCpuSecond: Math.round(world.size / (cpuSeconds - making)),
    edges: ledger.edges.size,
    compactMs,
  };
  say(
    `ingest       ${number(ingest.recordsPerCpuSecond)} records per processor second (making them apart), ${number(ingest.edges)} edges, final compaction ${ms(compactMs)}`,
  );

  const base = preparedPositions(world);
  const knowns = [base + Math.floor(world.size * 0.6), base + Math.floor(world.size * 0.8), ledger.size];
  const whoFigures = measureWho(world, ledger, knowns);
  say(
    `who          p50 ${ms(whoFigures.p50)}, p99 ${ms(whoFigures.p99)} over ${number(whoFigures.asked)} outputs (target p99 < 1 ms)`,
  );

  const peer = values['no-peer'] ? null : sqlitePeer(world);
  if (peer !== null)
    say(`sqlite       ${peer.version}, edges loaded and indexed in ${peer.seconds.toFixed(1)} s`);
  const reach = TARGETS.filter((target) => target.affected < world.size).map((target) => {
    const suspect = choose(world, ledger, target.affected);
    const figures = knowns.map((known) => measureReach(world, ledger, { suspect, known, runs }));
    for (const at of figures) {
      say(
        `reach        ${number(at.affected)} affected, ${number(at.possible)} possible at ${number(at.knownAt)}: ${ms(at.ms)}, ${ms(at.cpuMs)} of processor` +
          ` (target ${target.ms} ms for ${number(target.affected)}), scan ${ms(at.scanMs)}, ${at.equal ? 'equal' : 'NOT EQUAL'}`,
      );
    }
    const beside = peer === null ? null : peerRuns(() => measurePeer(peer, ledger, suspect));
    const own = figures.at(-1)?.ms ?? Number.NaN;
    if (beside === null) say('             sqlite not run');
    else
      say(
        `             sqlite ${ms(beside.ms)}, ${(beside.ms / own).toFixed(0)}× ours, ${beside.equal ? 'equal' : 'NOT EQUAL'}`,
      );
    return { target, suspect, figures, sqlite: beside };
  });
  peer?.close();

  const largest = reach.at(-1);
  const drill = largest === undefined ? null : measureDrill(ledger, largest.suspect);
  if (drill !== null) {
    say(
      `drill        ${number(drill.rows)} rows, ${number(drill.bytes)} bytes, signed and verified in ${(drill.ms / 1000).toFixed(2)} s, ${(drill.cpuMs / 1000).toFixed(2)} s of processor (target 10 s for 1,000,000)`,
    );
  }
  const open = measureOpenIncidents(new World(Math.min(world.size, 1_000_000)));
  say(
    `open         32 open incidents cost ${open.nsPerRecord.toFixed(0)} ns of processor per record (target < 1000), ${open.equal ? 'equal' : 'NOT EQUAL'}`,
  );
  const names = measureNames(Math.min(world.size, 1_000_000));
  say(
    `digest ids   ${number(names.internedPerCpuSecond)} new and ${number(names.foundPerCpuSecond)} known per processor second`,
  );
  say(`memory       ${number(Math.round(process.memoryUsage().rss / 2 ** 20))} MiB resident`);

  const equal =
    open.equal && reach.every((one) => one.figures.every((at) => at.equal) && (one.sqlite?.equal ?? true));
  return {
    records: world.size,
    node: process.version,
    ingest,
    who: whoFigures,
    reach,
    drill,
    open,
    names,
    equal,
  };
}

function peerRuns(measure: () => { ms: number; equal: boolean }): { ms: number; equal: boolean } {
  const all = [measure(), measure(), measure()];
  return { ms: median(all.map((one) => one.ms)), equal: all.every((one) => one.equal) };
}

if (values.help) {
  process.stdout.write(`${USAGE}\n`);
} else {
  const figures = run() as { equal: boolean };
  if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
  // A figure for a wrong answer is no figure.
  if (!figures.equal) process.exitCode = 1;
}
