/** Runs each role as a process of its own, starts again what dies, and stops all of them together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AssayError } from '@assay/core';

/** A role process that did not come up. */
export class ProcessError extends AssayError<'not-ready' | 'exited'> {}

/** One process to run. It prints a line of JSON with a `listening` member once it is ready. */
export interface Role {
  readonly name: string;
  /** TypeScript entry file. */
  readonly main: string;
  readonly args: readonly string[];
  /** File that takes its standard error. */
  readonly logFile: string;
  /** Folder for compiled code, shared by all roles. */
  readonly cache: string;
}

/** What a supervisor tells while it works. */
export type SupervisorEvent =
  | { readonly type: 'ready' | 'stopped'; readonly name: string; readonly pid: number }
  | {
      readonly type: 'restarting';
      readonly name: string;
      readonly code: number | null;
      readonly signal: string | null;
    };

const READY_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 8_000;
const RESTART_DELAY_MS = 500;
const EXIT_WITH_PARENT = fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url));

/** Supervises a set of roles. */
export class Supervisor {
  readonly #children = new Map<string, ChildProcess>();
  readonly #tell: (event: SupervisorEvent) => void;
  #stopping = false;

  constructor(tell: (event: SupervisorEvent) => void) {
    this.#tell = tell;
  }

  /** Process ids by role, for whoever wants to see or to kill one. */
  get pids(): ReadonlyMap<string, number> {
    return new Map(
      [...this.#children].flatMap(([name, { pid }]) => (pid === undefined ? [] : [[name, pid]])),
    );
  }

  /** Starts a role and resolves once it listens. @throws ProcessError */
  async start(role: Role): Promise<void> {
    const child = launch(role);
    this.#children.set(role.name, child);
    try {
      await ready(child, role);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    this.#tell({ type: 'ready', name: role.name, pid: child.pid ?? 0 });
    child.once('exit', (code, signal) => void this.#onExit(role, code, signal));
  }

  /** Stops all roles, the newest first, and waits until they have flushed what they hold. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const [name, child] of [...this.#children].reverse()) {
      await end(child);
      this.#tell({ type: 'stopped', name, pid: child.pid ?? 0 });
    }
  }

  async #onExit(role: Role, code: number | null, signal: string | null): Promise<void> {
    if (this.#stopping) return;
    this.#tell({ type: 'restarting', name: role.name, code, signal });
    await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY_MS));
    if (this.#stopping) return;
    try {
      await this.start(role);
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      await this.#onExit(role, null, error.code);
    }
  }
}

function launch(role: Role): ChildProcess {
  const log = openSync(role.logFile, 'a');
  const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, role.main, ...role.args], {
    stdio: ['ignore', 'pipe', log, 'ipc'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: role.cache },
  });
  closeSync(log);
  return child;
}

async function ready(child: ChildProcess, role: Role): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const see = `See ${role.logFile}.`;
  const timer = setTimeout(
    () =>
      reject(new ProcessError('not-ready', { what: `${role.name} did not listen within 180 s`, fix: see })),
    READY_TIMEOUT_MS,
  );
  const onExit = (code: number | null, signal: string | null): void =>
    reject(
      new ProcessError('exited', { what: `${role.name} ended with ${signal ?? `code ${code}`}`, fix: see }),
    );
  child.once('exit', onExit);
  const { stdout } = child;
  if (stdout === null) throw new ProcessError('not-ready', { what: `${role.name} has no standard output` });
  createInterface({ input: stdout }).on('line', (line) => {
    if (line.startsWith('{') && line.includes('"listening"')) resolve();
  });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    child.off('exit', onExit);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
