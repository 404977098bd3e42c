/**
 * A signed log end to end, apart from the columns that `main.ts` fills directly: entries are signed, opened (envelope,
 * signature, schema), folded into registry and lineage, and an incident over them is asked.
 *
 *     node bench/lineage/signed-log.ts [--records 100000] [--json]
 */
import { parseArgs } from 'node:util';
import type { LogRecord } from '@assay/core';
import { openStatement } from '@assay/core';
import { reach, Timeline } from '@assay/views';
import { agent, begun, nodeA, owner } from '../../packages/views/test/support/log-builder.ts';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '100000' }, json: { type: 'boolean', default: false } },
});
const wanted = Number(values.records);

/** Seconds of this process's own processor time. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const { log, v1, v2 } = begun();
log.decide({ [v2]: 10_000 });
let second = 200;
log.witness(second);
let last = '';
const signing = cpu();
while (log.entries.length < wanted) {
  // Nine outputs in ten by the good version; every output is used by an act, and acts use each other.
  const output = log.output(nodeA, log.entries.length % 10 === 0 ? v2 : v1);
  const content = `hmac-sha256:${log.entries.length.toString(16).padStart(64, '0')}`;
  last = log.act(last === '' || log.entries.length % 100 !== 0 ? [output] : [output, last], agent, {
    content,
  });
  if (log.entries.length % 10_000 < 2) log.witness(++second);
}
const incident = log.add(owner, 'incident.open', { versions: [v2], from: 0, nonce: log.nonce() });
log.witness(++second);
const signed = cpu() - signing;

const opening = cpu();
const records = log.entries.map((entry, index) => ({ ...openStatement(entry), index }) as LogRecord);
const opened = cpu() - opening;

const folding = cpu();
const timeline = new Timeline(({ note }) => Number(note));
for (const record of records) timeline.apply(record);
const folded = cpu() - folding;

const asking = performance.now();
const { affected } = reach(timeline.asOf(), incident);
const asked = performance.now() - asking;

const result = {
  entries: log.entries.length,
  signedAndBuiltPerCpuSecond: Math.round(log.entries.length / signed),
  openedPerCpuSecond: Math.round(log.entries.length / opened),
  foldedPerCpuSecond: Math.round(log.entries.length / folded),
  affected,
  reachMs: Number(asked.toFixed(1)),
  residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
};
if (values.json) console.log(JSON.stringify(result, null, 2));
else
  for (const [name, value] of Object.entries(result))
    console.log(`${name.padEnd(28)}${value.toLocaleString('en-US')}`);
