/** How much was done in how much time, on the wall and on the CPU of the process that did it. */
import { cpuSeconds } from '../gateway/process-cpu.ts';

/** One measured run. */
export interface Rate {
  readonly perSecond: number;
  /** Undefined where the CPU time of the process cannot be read. */
  readonly perCpuSecond: number | undefined;
}

/** Measures `work`, which returns how many it did, against the CPU of process `pid`. */
export async function rateOf(pid: number, work: () => Promise<number>): Promise<Rate> {
  const cpu = cpuSeconds(pid);
  const start = performance.now();
  const count = await work();
  const seconds = (performance.now() - start) / 1_000;
  const after = cpuSeconds(pid);
  const used = cpu === undefined || after === undefined ? undefined : after - cpu;
  return { perSecond: count / seconds, perCpuSecond: used === undefined ? undefined : count / used };
}
