/**
 * Storage beside GlusterFS, tus, the raw disk, npm's erasure codes and its own healthy self, in interleaved rounds:
 * `node bench/store/main.ts [--mib 256] [--rounds 5] [--rss-mib 1024] [--json]`. All figures are medians of this run.
 */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { enableCompileCache } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuSeconds } from '../gateway/process-cpu.ts';
import { others, ours, walrus } from './codecs.ts';
import { gluster } from './gluster.ts';
import { writeModel } from './model-file.ts';
import { embedded, overHttp } from './networks.ts';
import { clientOf, readAll, store } from './ours.ts';
import type { PeerOrReason } from './peer.ts';
import { changedShare, resumed, uploadRss } from './single.ts';
import { median, MIB, quantile, rate, timed } from './stats.ts';
import { lineOf, target } from './targets.ts';
import { COMPILE_CACHE } from './threads.ts';
import { tus } from './tus.ts';

const { values: flags } = parseArgs({
  options: {
    mib: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '5' },
    'rss-mib': { type: 'string', default: '1024' },
    json: { type: 'boolean', default: false },
  },
});
enableCompileCache(COMPILE_CACHE);
const [mib, rounds] = [Number(flags.mib), Number(flags.rounds)];
const load = loadavg()[0] ?? 0;
const root = await mkdtemp(join(tmpdir(), 'assay-bench-'));
const path = join(root, 'model.safetensors');
await writeModel(path, mib);
const size = (await open(path).then(async (file) => {
  await using held = file;
  return (await held.stat()).size;
})) as number;
const seen = new Map<string, number[]>();
const note = (name: string, value: number): void => void seen.set(name, [...(seen.get(name) ?? []), value]);
const of = (name: string): number | undefined => {
  const values = seen.get(name);
  return values === undefined ? undefined : median(values);
};
/** Median over rounds of the ratio within each round: what both sides met at the same time. */
const ratio = (above: string, below: string): number | undefined => {
  const [a, b] = [seen.get(above), seen.get(below)];
  if (a === undefined || b === undefined) return undefined;
  return median(a.map((value, i) => value / (b[i] ?? NaN)));
};
/** Times a write, and what it costs in CPU here and in the processes that `cpu` counts. */
async function measured(
  name: string,
  run: () => Promise<unknown>,
  cpu: () => number = () => 0,
): Promise<void> {
  const [own, theirs] = [process.cpuUsage(), cpu()];
  note(name, await timed(run));
  const { user, system } = process.cpuUsage(own);
  note(`${name}-cpu`, (user + system) / 1e6 + cpu() - theirs);
}
const progress = (text: string): void => void process.stderr.write(`${text}\n`);

async function rawWrite(): Promise<void> {
  const bytes = await readFile(path);
  await using file = await open(join(root, 'raw'), 'w');
  const ms = await timed(async () => {
    for (let at = 0; at < bytes.length; at += 4 * MIB) await file.write(bytes.subarray(at, at + 4 * MIB));
    await file.datasync();
  });
  note('raw', ms);
}

async function embeddedRound(at: string): Promise<void> {
  await using network = await embedded(at);
  await using client = clientOf(network);
  let result: Awaited<ReturnType<typeof store>> | undefined;
  const settings = { path, journal: `${at}.journal` };
  await measured('embedded', async () => (result = await store(client.options, settings)));
  if (result !== undefined) note('embedded-read', (await readAll(client.options, result)).ms);
}

const packTimes = { healthy: [] as number[], frozen: [] as number[] };

async function httpRound(at: string, fault: 'none' | 'freeze' | 'kill'): Promise<void> {
  await using network = await overHttp(at);
  await using client = clientOf(network);
  const processes = network.processes;
  if (processes === undefined) throw new Error('there are no processes');
  const victim = processes.names[2] as string;
  const hurt = (): void => {
    if (fault === 'freeze') processes.freeze(victim);
    if (fault === 'kill') void processes.kill(victim);
  };
  let result: Awaited<ReturnType<typeof store>> | undefined;
  const write = async (): Promise<unknown> =>
    (result = await store(client.options, { path, journal: `${at}.journal`, atQuarter: hurt }));
  const cpu = (): number => processes.pids.reduce((sum, pid) => sum + (cpuSeconds(pid) ?? 0), 0);
  if (fault === 'kill') note('http-kill', await timed(write));
  else await measured(`http-${fault}`, write, cpu);
  if (result === undefined || fault !== 'none') return;
  const healthy = await readAll(client.options, result);
  note('read', healthy.ms);
  packTimes.healthy.push(...healthy.packs);
  processes.freeze(victim);
  const frozen = await readAll(client.options, result);
  note('read-frozen', frozen.ms);
  note('read-extra', frozen.extra);
  packTimes.frozen.push(...frozen.packs);
}

async function peerRound(name: string, peer: PeerOrReason): Promise<void> {
  if ('write' in peer)
    await measured(
      name,
      () => peer.write(path),
      () => peer.cpu(),
    );
}

const peers = { gluster: await gluster(join(root, 'gluster')), tus: await tus(join(root, 'tus')) };
const codecs = { ...ours(), others: await others(), walrus16: await walrus(16), walrus10: await walrus(10) };
try {
  for (let round = 0; round < rounds; round++) {
    const at = (name: string): string => join(root, `${name}-${round}`);
    progress(`round ${round + 1} of ${rounds}`);
    await rawWrite();
    await peerRound('gluster', peers.gluster);
    await embeddedRound(at('embedded'));
    await peerRound('tus', peers.tus);
    for (const fault of ['none', 'freeze', 'kill'] as const) {
      await httpRound(at(fault), fault);
      await rm(at(fault), { recursive: true });
    }
    await rm(at('embedded'), { recursive: true });
    note('rs', codecs.bare.measure());
    note('rs-hashed', codecs.hashed.measure());
    for (const codec of [...codecs.others, codecs.walrus16]) if (codec) note(codec.name, codec.measure());
  }
  progress('single runs');
  const resume = await resumed(join(root, 'resume'), path);
  const rss = await uploadRss(join(root, 'rss'), Number(flags['rss-mib']));
  const known = (value: number | undefined): number => value ?? NaN;
  const best = codecs.others.map(({ name }) => known(of(name))).sort((a, b) => b - a)[0];
  /** What the ratio of CPU time is, which a busy machine distorts less than that of time. */
  const cpu = (peer: PeerOrReason, name: string, own: string): { note?: string } =>
    'notRun' in peer
      ? { note: peer.notRun }
      : { note: `${known(ratio(`${name}-cpu`, `${own}-cpu`)).toFixed(2)} × by CPU time` };
  const targets = [
    target(
      {
        id: 'T1',
        what: 'embedded 4+2, fdatasync, sha256, over GlusterFS 4+2',
        atLeast: 5,
        ...cpu(peers.gluster, 'gluster', 'embedded'),
      },
      ratio('gluster', 'embedded'),
    ),
    target(
      {
        id: 'T2',
        what: 'HTTP nodes over GlusterFS 4+2',
        atLeast: 2,
        ...cpu(peers.gluster, 'gluster', 'http-none'),
      },
      ratio('gluster', 'http-none'),
    ),
    target(
      {
        id: 'T3',
        what: 'HTTP nodes over tus with 64 MiB chunks',
        atLeast: 1,
        ...cpu(peers.tus, 'tus', 'http-none'),
      },
      ratio('tus', 'http-none'),
    ),
    target(
      { id: 'T4', what: 'write with one node frozen at 25 %, time over own healthy', atMost: 1.3 },
      ratio('http-freeze', 'http-none'),
    ),
    target(
      { id: 'T5', what: 'write with one node killed at 25 %, time over own healthy', atMost: 1.2 },
      ratio('http-kill', 'http-none'),
    ),
    target(
      {
        id: 'T6',
        what: 'read with one node frozen, p99 of waiting for a pack over healthy',
        atMost: 1.5,
        note: `whole read ${known(ratio('read-frozen', 'read')).toFixed(2)} ×`,
      },
      quantile(packTimes.frozen, 0.99) / quantile(packTimes.healthy, 0.99),
    ),
    target({ id: 'T6b', what: 'the same read, bytes read twice', atMost: 0.1 }, of('read-extra')),
    target(
      {
        id: 'T7',
        what: 'encode 10+6 over the best other npm codec that is installed',
        atLeast: 10,
        note: '@ronomon/reed-solomon needs a compiler at install: not run',
      },
      best && known(of('rs')) / best,
    ),
    target(
      { id: 'T7b', what: 'encode and hash every shard over walrus-wasm at n = 16', atLeast: 5 },
      codecs.walrus16 && known(of('rs-hashed')) / known(of(codecs.walrus16.name)),
    ),
    target(
      { id: 'T8', what: 'resume after kill -9 of the client, bytes sent again, MiB', atMost: 64 },
      resume / MIB,
    ),
    target(
      { id: 'T9', what: 'version with 1 of 48 tensors changed, bytes sent over bytes changed', atMost: 1.05 },
      await changedShare(),
    ),
    target(
      {
        id: 'T10',
        what: 'acknowledged then lost over power cuts',
        atMost: 0,
        note: '`npm run test:real` cuts the power',
      },
      undefined,
    ),
    target(
      { id: 'T11', what: `client's peak RSS, upload of ${flags['rss-mib']} MiB, MiB`, atMost: 300 },
      rss / MIB,
    ),
    target(
      { id: 'T12', what: 'bytes stored at n = 10 (4 of 10) over Walrus at n = 10', atMost: 0.64 },
      codecs.walrus10?.stored && 2.5 / codecs.walrus10.stored,
    ),
  ];
  const speeds = [
    'raw',
    'gluster',
    'embedded',
    'embedded-read',
    'tus',
    'http-none',
    'http-freeze',
    'http-kill',
    'read',
    'read-frozen',
  ];
  const rates = Object.fromEntries(
    speeds.flatMap((name) => (of(name) === undefined ? [] : [[name, rate(size, known(of(name)))]])),
  );
  const cpuPerGb = Object.fromEntries(
    ['gluster', 'embedded', 'tus', 'http-none'].map((name) => {
      const seconds = of(`${name}-cpu`);
      return [name, seconds === undefined ? undefined : seconds / (size / 1e9)];
    }),
  );
  const codes = Object.fromEntries(
    [
      'rs',
      'rs-hashed',
      ...codecs.others.map(({ name }) => name),
      ...(codecs.walrus16 ? [codecs.walrus16.name] : []),
    ].map((name) => [name, known(of(name))]),
  );
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify({ mib, rounds, load, rates, cpu: cpuPerGb, codes, targets }, null, 2)}\n`,
    );
  else {
    const lines = [`${mib} MiB, ${rounds} interleaved rounds, medians; load ${load.toFixed(1)} at the start`];
    for (const [name, value] of Object.entries(cpuPerGb))
      lines.push(
        `  ${name.padEnd(34)} ${value === undefined ? 'not run' : `${value.toFixed(1).padStart(6)} CPU seconds per GB written`}`,
      );
    for (const [name, value] of Object.entries({ ...rates, ...codes }))
      lines.push(`  ${name.padEnd(34)} ${value.toFixed(0).padStart(6)} MB/s`);
    process.stdout.write([...lines, ...targets.map(lineOf)].join('\n').concat('\n'));
  }
} finally {
  for (const peer of Object.values(peers)) if ('write' in peer) await peer[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
}
