/**
 * A signed log end to end, apart from the columns that `main.ts` fills directly: entries are signed, appended to a log
 * on disk (durable, in its tree), opened (envelope, signature, schema), folded into registry and lineage; then an incident
 * over them is asked, and the log is opened again. They go through in batches, as in life: only log and views keep them.
 *
 *     node bench/lineage/signed-log.ts [--records 1000000] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ed25519Signer,
  type Kind,
  type LogRecord,
  openStatement,
  parseEnvelope,
  type Predicate,
  readEntry,
  sha256,
  systemClock,
  utf8,
  hex,
} from '@assay/core';
import { diskFiles, type EntryDescription, type Log, openLog, sqliteRow } from '@assay/log/node';
import { reach, Timeline } from '@assay/views';
import {
  agent,
  begin,
  LogBuilder,
  nodeA,
  owner,
  type Person,
} from '../../packages/views/test/support/log-builder.ts';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '100000' }, json: { type: 'boolean', default: false } },
});
const wanted = Number(values.records);

/** Seconds of this process's own processor time, by what they went into. */
const spent = { sign: 0, append: 0, open: 0, fold: 0 };

function timed<T>(what: keyof typeof spent, work: () => T): T {
  const { user, system } = process.cpuUsage();
  const result = work();
  const more = process.cpuUsage({ user, system });
  spent[what] += (more.user + more.system) / 1e6;
  return result;
}

const timeline = new Timeline(({ note }) => Number(note));

/** Signs statements without keeping or folding them; what it signed waits in `batch`. */
class Signing extends LogBuilder {
  batch: Uint8Array[] = [];
  #count = 0;

  override get size(): number {
    return this.#count;
  }

  override add<K extends Kind>(by: Person, kind: K, predicate: Predicate<K>): string {
    const entry = by.sign(kind, predicate);
    this.batch.push(entry);
    this.#count++;
    return parseEnvelope(entry).id;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'assay-signed-log-'));
const describe = (entry: Uint8Array): EntryDescription => readEntry(entry);
const open = (): Promise<Log> =>
  openLog({
    origin: 'log.example/bench',
    ed25519: ed25519Signer(new Uint8Array(32).fill(1)),
    files: diskFiles(directory),
    row: sqliteRow(join(directory, 'log.db')),
    clock: systemClock,
    describe,
    // Small, so that short runs too end with most of their entries in bundles and index files.
    segmentBytes: 8 * 2 ** 20,
  });

const BATCH = 5_000;
/** A commitment of its own for each number and field. */
const mac = (field: string, i: number): string => `hmac-sha256:${hex(sha256(utf8(`${field} ${i}`)))}`;

/** Nine outputs in ten by the good version; every output is used by an act, and acts use each other. */
function sign(signing: Signing, { v1, v2 }: { v1: string; v2: string }): void {
  let last = '';
  const until = Math.min(wanted, signing.size + BATCH);
  while (signing.size < until) {
    const i = signing.size;
    const request = { id: `request-${i}`, client: agent.keyId, hash: mac('request', i) };
    const made = { request, input: mac('input', i), output: mac('output', i) };
    const output = signing.output(nodeA, (i >> 1) % 10 === 0 ? v2 : v1, made);
    last = signing.act(last === '' || i % 100 !== 0 ? [output] : [output, last], agent, {
      content: mac('act', i),
    });
  }
}

/** The batch through log and views. */
async function take(signing: Signing, log: Log): Promise<void> {
  const entries = signing.batch;
  signing.batch = [];
  const start = timeline.size;
  const before = process.cpuUsage();
  await log.appendBatch(entries.map((bytes) => ({ bytes, ...describe(bytes) })));
  const more = process.cpuUsage(before);
  spent.append += (more.user + more.system) / 1e6;
  const records = timed('open', () =>
    entries.map((entry, i) => ({ ...openStatement(entry), index: start + i }) as LogRecord),
  );
  timed('fold', () => {
    for (const record of records) timeline.apply(record);
  });
}

const began = performance.now();
const { log: signing, v1, v2 } = begin(new Signing());
let log = await open();
signing.decide({ [v2]: 10_000 });
let second = 200;
while (signing.size < wanted) {
  timed('sign', () => sign(signing, { v1, v2 }));
  signing.witness(++second);
  await take(signing, log);
  if (!values.json && process.stderr.isTTY) process.stderr.write(`\r${signing.size} of ${wanted}`);
}
const incident = signing.add(owner, 'incident.open', { versions: [v2], from: 0, nonce: signing.nonce() });
signing.witness(++second);
await take(signing, log);
const wall = (performance.now() - began) / 1_000;

const asking = performance.now();
const { affected } = reach(timeline.asOf(), incident);
const reachMs = performance.now() - asking;
const memory = process.memoryUsage();
await log.close();

/** Seconds of processor time that opening the log again takes. */
async function reopened(): Promise<number> {
  const before = process.cpuUsage();
  log = await open();
  const { user, system } = process.cpuUsage(before);
  await log.close();
  return Number(((user + system) / 1e6).toFixed(2));
}
const withIndex = await reopened();
rmSync(join(directory, 'index'), { recursive: true, force: true });
const withoutIndex = await reopened();
const entries = log.size;
rmSync(directory, { recursive: true });

const per = (seconds: number): number => Math.round(entries / seconds);
const result = {
  entries,
  wallSeconds: Math.round(wall),
  signedPerCpuSecond: per(spent.sign),
  appendedPerCpuSecond: per(spent.append),
  openedPerCpuSecond: per(spent.open),
  foldedPerCpuSecond: per(spent.fold),
  affected,
  reachMs: Number(reachMs.toFixed(1)),
  residentMiB: Math.round(memory.rss / 2 ** 20),
  bytesPerEntryInHeapAndBuffers: Math.round((memory.heapUsed + memory.arrayBuffers) / entries),
  openedAgainCpuSeconds: withIndex,
  openedAgainWithoutIndexCpuSeconds: withoutIndex,
};
if (values.json) console.log(JSON.stringify(result, null, 2));
else
  for (const [name, value] of Object.entries(result))
    console.log(`${name.padEnd(36)}${value.toLocaleString('en-US')}`);
