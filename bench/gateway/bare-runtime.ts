/** ONNX Runtime called bare: the same graph and input, in this process, without HTTP, receipt or checks. */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { percentile } from './percentile.ts';

/** Times in milliseconds. */
export interface BareResult {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicros: number;
}

/** Runs the graph in `file` on one row for `seconds`, one call after the other. */
export async function runBare(file: string, row: readonly number[], seconds: number): Promise<BareResult> {
  const session = await InferenceSession.create(readFileSync(file), {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  const input = session.inputNames[0] as string;
  const run = async (): Promise<void> => {
    await session.run({ [input]: new Tensor('float32', Float32Array.from(row), [1, row.length]) });
  };
  for (let i = 0; i < 1_000; i++) await run();
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  while (performance.now() - started < seconds * 1_000) {
    const begun = performance.now();
    await run();
    latencies.push(performance.now() - begun);
  }
  const elapsed = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await session.release();
  return {
    perSecond: latencies.length / elapsed,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuMicros: (user + system) / latencies.length,
  };
}
