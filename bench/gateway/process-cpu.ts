/** CPU time of other processes, as Linux counts it (proc(5), /proc/pid/stat). */
import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second wherever Node runs. */
const TICKS_PER_SECOND = 100;

/** User and system CPU seconds of `pid` since its start, or undefined where the system does not tell. */
export function cpuSeconds(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The process name may hold spaces and brackets: fields are counted from behind its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
