/**
 * An upload that tells the truth while nodes fail under it: `npm run demo:upload -- [--size MIB] [--dir FOLDER]`.
 * One node is frozen, one is killed and wiped, one is killed and started again; the file comes back identical.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { assay } from './assay.ts';
import { digestOfFile, writeRandomFile } from './big-file.ts';
import { EventFeed } from './event-feed.ts';
import { LocalNodes } from './nodes.ts';
import { readStored } from './read-stored.ts';
import { Verdict } from './verdict.ts';

const { values } = parseArgs({
  options: { size: { type: 'string', default: '1024' }, dir: { type: 'string' } },
});
const size = Number(values.size);
if (!Number.isInteger(size) || size < 1) throw new RangeError('--size is a whole number of MiB');

const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'assay-upload-'));
const say = (line: string): void => console.log(process.stdout.isTTY ? `\r\u001b[2K${line}` : line);

const [frozen, wiped, restarted] = ['store-3', 'store-5', 'store-2'] as const;

await using nodes = await LocalNodes.launch(dir);
say(
  `${nodes.names.length} storage nodes, each a process: any 4 of 6 shards rebuild a pack, 5 receipts make it safe.`,
);
const file = join(dir, 'model.bin');
await writeRandomFile(file, size);
const digest = await digestOfFile(file);
say(`A file of ${size} MiB, sha256 ${digest}.`);

/** What goes wrong, and from which share of the bar on. */
const faults = [
  {
    at: 0.2,
    act: async () => {
      say(`>>> ${frozen} is frozen (SIGSTOP): its connections stay open, and nothing moves.`);
      nodes.freeze(frozen);
    },
  },
  {
    at: 0.45,
    act: async () => {
      say(`>>> ${wiped} is killed (SIGKILL), its disk is emptied, and it starts again.`);
      await nodes.kill(wiped);
      nodes.wipe(wiped);
      await nodes.start(wiped);
    },
  },
  {
    at: 0.7,
    act: async () => {
      say(`>>> ${restarted} is killed (SIGKILL) and starts again with its disk.`);
      await nodes.kill(restarted);
      await nodes.start(restarted);
    },
  },
];

const events = join(dir, 'events.jsonl');
const feed = new EventFeed(events);
const verdict = new Verdict();
const shared = ['--dir', dir, '--storage', nodes.networkFile];
const started = performance.now();

async function breakThings(): Promise<void> {
  for await (const event of feed.follow()) {
    verdict.see(event);
    const next = faults[0];
    if (next === undefined || verdict.share < next.at) continue;
    faults.shift();
    await next.act();
  }
}

const breaking = breakThings();
const code = await assay('blob', 'put', file, ...shared, '--events', events);
const seconds = (performance.now() - started) / 1_000;
feed.stop();
await breaking;

nodes.thaw(frozen);
const blob = readStored(dir);
await assay('blob', 'repair', blob, ...shared);
const checked = await assay('blob', 'verify', blob, ...shared);
await assay('blob', 'get', blob, ...shared, '--out', join(dir, 'restored'));
const same = (await digestOfFile(join(dir, 'restored', 'model.bin'))) === digest;

const claims: readonly [string, boolean][] = [
  [`the upload ended with a certificate, after ${seconds.toFixed(1)} s`, code === 0 && verdict.sealed],
  ['all three faults happened while it ran', faults.length === 0],
  ['the bar never fell without a regression event that says why', verdict.unexplained === 0],
  [
    `it fell ${verdict.causes.length} times, each by a node's own signed word`,
    verdict.causes.every((c) => c === 'lost-ack'),
  ],
  ['every node that was challenged afterwards showed what it signed for', checked === 0],
  ['the file read back is identical', same],
];
console.log('');
for (const [claim, holds] of claims) console.log(`${holds ? 'yes' : 'NO '}  ${claim}`);
process.exitCode = claims.every(([, holds]) => holds) ? 0 : 1;
if (values.dir === undefined) {
  await nodes[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
}
