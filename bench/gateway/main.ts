/** Measures inference through gateway and receipt, beside ONNX Runtime bare and a bare HTTP proxy, in one run. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startBenchNetwork } from './bench-network.ts';
import { type BareResult, runBare } from './bare-runtime.ts';
import { measureFdatasync } from './fdatasync.ts';
import { cpuAtRest, type LoadResult, runLoad, type Target } from './load.ts';

const USAGE = `node bench/gateway/main.ts [--seconds N] [--port N] [--json]
  --seconds N   length of each load (default 3)
  --port N      first of eight free ports (default 17900)
  --json        one JSON object`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    port: { type: 'string', default: '17900' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const CONNECTIONS = [1, 16] as const;
/** One day of the example's features. */
const ROW = [1.2, 1.4, 1.6, 0.4];
const example = (file: string): string =>
  fileURLToPath(new URL(`../../examples/sp500/models/v1/${file}`, import.meta.url));

const request = (i: number): string =>
  JSON.stringify({
    id: `bench-${process.pid}-${i}`,
    inputs: [{ name: 'features', datatype: 'FP32', shape: [1, ROW.length], data: ROW }],
  });

function say(line: string): void {
  if (!values.json) process.stdout.write(`${line}\n`);
}

async function run(): Promise<unknown> {
  const seconds = Number(values.seconds);
  say(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}; the load runs on the same machine.`,
  );
  const sync = measureFdatasync();
  const bare = await runBare(example('model.onnx'), ROW, seconds);
  const proxy = await measureProxy(seconds);
  const { results: gateway, log, atRest } = await measureGateway(seconds);
  report({ sync, bare, proxy, gateway });
  say(`log: ${log.size} entries, ${log.witnessed} of them witnessed when the last load ended`);
  const rest = Object.entries(atRest).map(([name, micros]) => `${name} ${(micros / 1_000).toFixed(0)}`);
  say(`at rest, CPU ms per second (following the log, every 100 ms): ${rest.join(', ')}`);
  return { node: process.version, cpus: cpus().length, sync, bare, proxy, gateway, log, atRest };
}

async function measureGateway(seconds: number): Promise<{
  results: LoadResult[];
  log: { readonly size: number; readonly witnessed: number };
  atRest: Readonly<Record<string, number>>;
}> {
  const network = await startBenchNetwork(
    { manifestFile: example('manifest.json'), graphFile: example('model.onnx') },
    Number(values.port),
  );
  try {
    let sent = 0;
    const target: Target = {
      name: 'gateway + receipt',
      url: network.gateway,
      path: `/v2/models/${network.model}/infer`,
      body: () => request(sent++),
      pids: network.pids,
    };
    const atRest = await cpuAtRest(network.pids, 2);
    const results = await loads(target, seconds);
    return { results, log: await network.state(), atRest };
  } finally {
    await network.stop();
  }
}

async function measureProxy(seconds: number): Promise<LoadResult[]> {
  // As large as a gateway's answer with its receipt parameters.
  const upstream = await startPeer('upstream', '950');
  const proxy = await startPeer('proxy', upstream.url);
  try {
    const pids = { proxy: proxy.pid, upstream: upstream.pid };
    return await loads({ name: 'bare proxy', url: proxy.url, path: '/infer', body: request, pids }, seconds);
  } finally {
    proxy.child.kill();
    upstream.child.kill();
  }
}

async function loads(target: Target, seconds: number): Promise<LoadResult[]> {
  const results: LoadResult[] = [];
  for (const connections of CONNECTIONS) results.push(await runLoad(target, { connections, seconds }));
  return results;
}

async function startPeer(
  kind: string,
  argument: string,
): Promise<{ url: string; pid: number; child: ChildProcess }> {
  const file = fileURLToPath(new URL('bare-proxy.ts', import.meta.url));
  const child = spawn(process.execPath, [file, kind, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url: (JSON.parse(line) as { listening: string }).listening, pid: child.pid ?? 0, child };
}

interface Measured {
  readonly sync: { readonly p50: number; readonly p99: number };
  readonly bare: BareResult;
  readonly proxy: readonly LoadResult[];
  readonly gateway: readonly LoadResult[];
}

function report({ sync, bare, proxy, gateway }: Measured): void {
  const ms = (value: number): string => value.toFixed(2).padStart(7);
  const count = (value: number): string => value.toFixed(0).padStart(7);
  say(`one 2 KiB append with fdatasync here: p50 ${sync.p50.toFixed(2)} ms, p99 ${sync.p99.toFixed(2)} ms`);
  say('');
  say('                        conns    req/s  p50 ms  p99 ms  CPU µs per request');
  say(
    `ONNX Runtime, bare          1 ${count(bare.perSecond)} ${ms(bare.p50)} ${ms(bare.p99)}  ${bare.cpuMicros.toFixed(0)}`,
  );
  for (const r of [...proxy, ...gateway]) {
    const cpu = Object.entries(r.cpuMicros).map(([name, micros]) => `${name} ${micros.toFixed(0)}`);
    const failed = r.failures === 0 ? '' : `  ${r.failures} FAILED`;
    say(
      `${r.name.padEnd(24)}${String(r.connections).padStart(5)} ${count(r.perSecond)} ${ms(r.p50)} ${ms(r.p99)}  ${cpu.join(', ')}${failed}`,
    );
  }
  say('');
  for (const [i, g] of gateway.entries()) {
    const p = proxy[i];
    if (p === undefined) continue;
    const cpuRatio = (g.cpuMicros['gateway'] ?? Number.NaN) / (p.cpuMicros['proxy'] ?? Number.NaN);
    say(
      `${g.connections} connections: p50 ${(g.p50 / p.p50).toFixed(1)}× the bare proxy, req/s 1/${(p.perSecond / g.perSecond).toFixed(1)}, ` +
        `gateway CPU ${cpuRatio.toFixed(1)}× the proxy's; req/s 1/${(bare.perSecond / g.perSecond).toFixed(1)} of ONNX Runtime bare`,
    );
  }
}

if (values.help) say(USAGE);
else {
  const result = await run();
  if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
