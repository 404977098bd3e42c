/** Tells the story on a network of its own: the command that a user types, as a process group that can be killed whole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../../bin/assay.js', import.meta.url));
const STORY = fileURLToPath(new URL('../../../../../examples/sp500/src/story/main.ts', import.meta.url));

/** What is told, and where. */
export interface Telling {
  readonly dir: string;
  /** First of the ten ports that the network takes. */
  readonly port: number;
  /** `NODE=FAULT`; absent for a network without one. */
  readonly fault?: string;
  /** The network stays up after the story, until `stop`. */
  readonly stays?: boolean;
}

/** What `assay up` says once the story is over and the network stays. */
const STAYS_UP = 'The network stays up.';

/** What came of it. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A story while it is told. */
export class ToldStory {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';

  constructor({ dir, port, fault, stays = false }: Telling) {
    const options = [
      '--dir',
      dir,
      '--port',
      String(port),
      ...(fault === undefined ? [] : ['--fault', fault]),
    ];
    this.#child = spawn(
      process.execPath,
      [BIN, 'up', ...options, '--run', STORY, ...(stays ? [] : ['--exit'])],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own: one signal reaches the supervisor, every role and the story at the same moment.
        detached: true,
      },
    );
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => resolve({ code, output: this.#output }));
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What has been told so far, line by line. */
  get lines(): readonly string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  /** Resolves once `count` lines are told, or nothing more will be. */
  async told(count: number): Promise<void> {
    while (this.isRunning && this.lines.length < count)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  /** Resolves with everything told once the story is over and the network stays up. Rejects if it does not come to that. */
  async toldAll(): Promise<string> {
    while (this.isRunning && !this.#output.includes(STAYS_UP))
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (this.#output.includes(STAYS_UP)) return this.#output;
    throw new Error(`the story ended early:\n${this.#output.slice(-2_000)}`);
  }

  /** Stops it as Ctrl-C at a terminal does: every process gets the signal. */
  async stop(): Promise<Ended> {
    if (this.isRunning && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGINT');
    return this.ended;
  }

  /** Kills every process of the network and the story at once, none of them being asked. */
  async killAll(): Promise<void> {
    if (this.isRunning && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.ended;
  }
}

/** Tells a story to its end. */
export async function tellStory(telling: Telling): Promise<Ended> {
  return new ToldStory(telling).ended;
}
