/** Running a Node process under strace: counting its system calls on a directory, and making the k-th of one fail. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Calls that change a disk or make a change durable. Not every architecture has each. */
const CALLS = [
  'openat',
  'write',
  'pwrite64',
  'fdatasync',
  'fsync',
  'rename',
  'renameat',
  'renameat2',
  'unlink',
  'unlinkat',
  'rmdir',
  'mkdir',
  'mkdirat',
  'ftruncate',
] as const;

/** A place to inject at: the k-th such call of a thread. */
export interface Point {
  readonly call: string;
  /** Counted from 1 within each thread, as strace counts. */
  readonly k: number;
}

/** What happens there: the call fails with EIO, or the process dies in it. */
export type Injection = 'EIO' | 'SIGKILL';

/** What to make happen, and where. */
export interface Inject {
  readonly point: Point;
  readonly injection: Injection;
}

/** Whether strace can be run and may trace here. */
export function straceMissing(): string | undefined {
  const probe = spawnSync('strace', ['-f', '-e', 'trace=none', 'true'], { encoding: 'utf8' });
  if (probe.error !== undefined) return 'strace is not installed';
  return probe.status === 0 ? undefined : `strace may not trace here: ${probe.stderr.trim().split('\n')[0]}`;
}

/** What to trace, and how. */
export interface Traced {
  readonly script: string;
  readonly argument: string;
  /** File that the trace goes to. */
  readonly trace: string;
  /** Paths to which tracing, counting and injecting are restricted; all when absent. */
  readonly paths?: readonly string[];
}

/** Starts `node script argument` under strace, with one worker thread so that calls keep their order. */
export function traced({ script, argument, trace, paths = [] }: Traced, inject?: Inject): ChildProcess {
  const names = CALLS.map((call) => `?${call}`).join(',');
  // Not --seccomp-bpf: signals are then not injected.
  const flags = ['-f', '-y', '-o', trace, '-e', `trace=${names}`];
  for (const path of paths) flags.push('-P', path);
  if (inject !== undefined) {
    const { point, injection } = inject;
    const what = injection === 'EIO' ? 'error=EIO' : 'signal=SIGKILL';
    flags.push('-e', `inject=${point.call}:${what}:when=${point.k}`);
  }
  return spawn('strace', [...flags, process.execPath, script, argument], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
}

/** Asks the process under strace to end. strace itself blocks the signal; it ends when the other does. */
export function endTraced(strace: ChildProcess): void {
  if (strace.pid === undefined || strace.exitCode !== null) return;
  const list = `/proc/${strace.pid}/task/${strace.pid}/children`;
  const children = existsSync(list) ? readFileSync(list, 'utf8').trim() : '';
  for (const pid of children.split(' ').filter((text) => text !== '')) askToEnd(Number(pid));
}

/** The injected fault may have ended it a moment before we ask. */
function askToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The paths below `directory` in a finished trace; not the temporary ones, whose names change from run to run. */
export function pathsIn(trace: string, directory: string): string[] {
  const paths = readFileSync(trace, 'utf8').match(/(?<=["<])\/[^"<>]+(?=[">])/g) ?? [];
  const own = paths.filter((path) => path.startsWith(`${directory}/`) || path === directory);
  return [...new Set(own)].filter((path) => !path.startsWith(`${directory}/tmp/`)).toSorted();
}

/** The points of a finished trace that touch `directory`, in the order of their first appearance. */
export function pointsOn(trace: string, directory: string): Point[] {
  const points = new Map<string, Point>();
  for (const { call, k, line } of callsOf(trace)) {
    if (line.includes(directory)) points.set(`${call} ${k}`, { call, k });
  }
  return [...points.values()];
}

/** How often the injection at `point` really happened in a call that touched `directory`. */
export function hitsOn(trace: string, directory: string, { point, injection }: Inject): number {
  const happened = injection === 'EIO' ? '(INJECTED)' : '+++ killed by SIGKILL +++';
  if (!readFileSync(trace, 'utf8').includes(happened)) return 0;
  const calls = [...callsOf(trace)].filter(({ call, k }) => call === point.call && k === point.k);
  return calls.filter(({ line }) => line.includes(directory)).length;
}

/** Every call in the order of its beginning, with its number in its thread. */
function* callsOf(trace: string): Generator<{ call: string; k: number; line: string }> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [, thread, call] = /^(\d+)\s+([a-z0-9_]+)\(/.exec(line) ?? [];
    if (thread === undefined || call === undefined) continue;
    const k = (counts.get(`${thread} ${call}`) ?? 0) + 1;
    counts.set(`${thread} ${call}`, k);
    yield { call, k, line };
  }
}
