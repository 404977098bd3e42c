/** Sends requests as fast as they are answered, over a fixed number of connections, and measures each. */
import { Pool } from 'undici';
import { percentile } from './percentile.ts';
import { cpuSeconds } from './process-cpu.ts';

const WARM_UP_MS = 2_000;

/** What to send, and to whom. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly path: string;
  /** The body of request number `i`. */
  readonly body: (i: number) => string;
  /** Processes whose CPU is counted, by name. */
  readonly pids: Readonly<Record<string, number>>;
}

/** How it went. Times in milliseconds. */
export interface LoadResult {
  readonly name: string;
  readonly connections: number;
  readonly requests: number;
  readonly failures: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU microseconds per request, by process. */
  readonly cpuMicros: Readonly<Record<string, number>>;
}

/** CPU microseconds per second that each process takes while nothing is asked. */
export async function cpuAtRest(
  pids: Target['pids'],
  seconds: number,
): Promise<Readonly<Record<string, number>>> {
  const before = cpuOf(pids);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const after = cpuOf(pids);
  return Object.fromEntries(
    Object.keys(pids).map((name) => [
      name,
      (((after[name] ?? Number.NaN) - (before[name] ?? Number.NaN)) * 1e6) / seconds,
    ]),
  );
}

/** Runs one load. */
export async function runLoad(
  target: Target,
  { connections, seconds }: { readonly connections: number; readonly seconds: number },
): Promise<LoadResult> {
  const pool = new Pool(target.url, { connections, pipelining: 1 });
  const latencies: number[] = [];
  let failures = 0;
  let next = 0;
  const send = async (): Promise<void> => {
    const started = performance.now();
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: target.path,
      headers: { 'content-type': 'application/json' },
      body: target.body(next++),
    });
    await body.bytes();
    if (statusCode === 200) latencies.push(performance.now() - started);
    else failures += 1;
  };
  // What has not run often is interpreted; that is not what is measured.
  const warm = performance.now() + WARM_UP_MS;
  const warmUp = async (): Promise<void> => {
    while (performance.now() < warm) await send();
  };
  await Promise.all(Array.from({ length: connections }, warmUp));
  latencies.length = 0;
  failures = 0;
  const before = cpuOf(target.pids);
  const started = performance.now();
  const deadline = started + seconds * 1_000;
  const worker = async (): Promise<void> => {
    while (performance.now() < deadline) await send();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const elapsed = (performance.now() - started) / 1_000;
  const after = cpuOf(target.pids);
  await pool.close();
  const requests = latencies.length;
  return {
    name: target.name,
    connections,
    requests,
    failures,
    perSecond: requests / elapsed,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuMicros: Object.fromEntries(
      Object.keys(target.pids).map((name) => [
        name,
        (((after[name] ?? Number.NaN) - (before[name] ?? Number.NaN)) * 1e6) / requests,
      ]),
    ),
  };
}

function cpuOf(pids: Target['pids']): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
}
