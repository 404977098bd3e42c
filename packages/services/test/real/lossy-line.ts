/** Compiles `lossy-line.c` and runs it at a router: what netem would do to packets, where the kernel has none. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Namespaces } from './namespaces.ts';

const SOURCE = new URL('lossy-line.c', import.meta.url).pathname;

/** Milliseconds one way, and shares of packets from 0 to 1. */
export interface Weather {
  readonly delay: number;
  readonly jitter: number;
  readonly loss: number;
  readonly reorder: number;
  readonly duplicate: number;
  readonly seed: number;
}

/** What became of the packets. */
export interface Passed {
  readonly seen: number;
  readonly lost: number;
  /** Left before a packet of the same direction that had come earlier. */
  readonly overtook: number;
  readonly duplicated: number;
}

export class LossyLine implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process;
    this.#lines = lines;
  }

  /** Every packet that the router forwards passes it from then on. `directory` takes the program. */
  static async start(spaces: Namespaces, weather: Weather, directory: string): Promise<LossyLine> {
    const program = join(directory, 'lossy-line');
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', SOURCE, '-o', program, '-lnetfilter_queue']);
    const { delay, jitter, loss, reorder, duplicate, seed } = weather;
    const numbers = [0, delay, jitter, loss, reorder, duplicate, seed].map(String);
    const [command = '', ...args] = [...spaces.command(), program, ...numbers];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = new LossyLine(child, createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    if ((await line.#lines.next()).value !== 'ready') throw new Error('lossy-line did not start');
    spaces.inRouter('iptables', '-A', 'FORWARD', '-j', 'NFQUEUE', '--queue-num', '0');
    return line;
  }

  /** Ends it, and says what it did. Whatever it held is lost. */
  async stop(): Promise<Passed> {
    this.#process.kill('SIGTERM');
    return JSON.parse(String((await this.#lines.next()).value)) as Passed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}
