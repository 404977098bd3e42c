/** A service run as the process that it is in production, so that it can be stopped in every way a process can. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const READY_TIMEOUT_MS = 90_000;

/** How large a file the process may write. */
export interface FileLimit {
  readonly fileBytes: number;
}

/** A running service process. */
export class ServiceProcess {
  readonly url: string;
  readonly keyId: string;
  readonly #child: ChildProcess;
  readonly #stderr: string[];

  private constructor(child: ChildProcess, stderr: string[], ready: { listening: string; keyId: string }) {
    this.#child = child;
    this.#stderr = stderr;
    this.url = ready.listening;
    this.keyId = ready.keyId;
  }

  /** Starts a service's `main.ts` with a configuration, and resolves once it listens. */
  static async start(
    service: string,
    configFile: string,
    config: object,
    limit?: FileLimit,
  ): Promise<ServiceProcess> {
    writeFileSync(configFile, JSON.stringify(config));
    const main = fileURLToPath(new URL(`../../src/${service}/main.ts`, import.meta.url));
    const command = [process.execPath, main, configFile];
    // A shell's "ulimit -f" counts blocks of 512 bytes; writes beyond it fail as on a full disk.
    const shell = ['/bin/sh', '-c', `ulimit -f ${(limit?.fileBytes ?? 0) / 512}; exec "$@"`, 'sh'];
    const [program, ...args] = (limit === undefined ? command : [...shell, ...command]) as [
      string,
      ...string[],
    ];
    // As "assay up" starts it.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'assay-compile-cache') };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const stderr: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
    const ready = await new Promise<{ listening: string; keyId: string }>((resolve, reject) => {
      const fail = (what: string): void => reject(new Error(`${service}: ${what}\n${stderr.join('\n')}`));
      const timer = setTimeout(() => fail('did not listen in time'), READY_TIMEOUT_MS);
      child.once('exit', (code) => fail(`ended with code ${code}`));
      createInterface({ input: child.stdout }).once('line', (line) => {
        clearTimeout(timer);
        child.removeAllListeners('exit');
        resolve(JSON.parse(line) as { listening: string; keyId: string });
      });
    });
    return new ServiceProcess(child, stderr, ready);
  }

  /** Lines of its log so far. */
  get log(): string {
    return this.#stderr.join('\n');
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Ends it; the default leaves it no moment to tidy up. Resolves to its exit code. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGCONT');
    this.#child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** Resolves to its exit code once it has ended by itself. */
  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  /** Freezes it: its sockets stay open and nothing is answered. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }
}
