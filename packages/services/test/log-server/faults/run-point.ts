/** Faults on a real log server process: start it under strace, drive it, let it die, judge what it left. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64 } from '@assay/core';
import { endTraced, hitsOn, type Inject, pathsIn, type Point, pointsOn, traced } from './strace.ts';
import { drive, judge, type Told } from './workload.ts';

const MAIN = new URL('../../../src/log-server/main.ts', import.meta.url).pathname;
const ORIGIN = 'log.example/faults';

/** What one run showed. */
export interface PointResult {
  /** Injections that really happened. */
  readonly hits: number;
  readonly acknowledged: number;
  readonly wrong: readonly string[];
}

/** A place for runs, always the same one: strace is told the paths beforehand. */
export class FaultBench {
  readonly #root = mkdtempSync(join(tmpdir(), 'assay-faults-'));
  readonly #directory = join(this.#root, 'run', 'log');
  readonly #seedFile = join(this.#root, 'run', 'seed');
  readonly #config = join(this.#root, 'run', 'config.json');
  readonly #trace = join(this.#root, 'run', 'trace');
  #paths: readonly string[] = [];

  /** Runs twice without a fault: once to see the paths, once to count the calls on them. */
  async countPoints(): Promise<Point[]> {
    await this.#cleanRun();
    this.#paths = pathsIn(this.#trace, this.#directory);
    await this.#cleanRun();
    return pointsOn(this.#trace, this.#directory);
  }

  /** Runs with one fault. */
  async run(inject: Inject): Promise<PointResult> {
    const told = await this.#live(inject);
    const hits = hitsOn(this.#trace, this.#directory, inject);
    const wrong = await this.#judge(told).catch((error: unknown) => [String(error)]);
    return { hits, acknowledged: told.entries.size, wrong };
  }

  end(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #cleanRun(): Promise<void> {
    const told = await this.#live();
    const wrong = await this.#judge(told);
    if (wrong.length === 0 && told.entries.size > 0) return;
    throw new Error(`a run without a fault failed: ${wrong.join('; ') || 'nothing was acknowledged'}`);
  }

  #judge(told: Told): Promise<string[]> {
    return judge(this.#directory, this.#seedFile, ORIGIN, told);
  }

  async #live(inject?: Inject): Promise<Told> {
    this.#reset();
    const child = traced(
      { script: MAIN, argument: this.#config, trace: this.#trace, paths: this.#paths },
      inject,
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const url = await listening(child, ended);
    const told = url === undefined ? { entries: new Map<number, string>(), notes: [] } : await drive(url);
    endTraced(child);
    await ended;
    return told;
  }

  #reset(): void {
    rmSync(join(this.#root, 'run'), { recursive: true, force: true });
    mkdirSync(join(this.#root, 'run'));
    writeFileSync(this.#seedFile, `${base64(new Uint8Array(32).fill(7))}\n`, { mode: 0o600 });
    const config = {
      listen: '127.0.0.1:0',
      origin: ORIGIN,
      directory: this.#directory,
      seedFile: this.#seedFile,
      admission: 'opaque',
      checkpointInterval: 40,
      segmentBytes: 9_000,
    };
    writeFileSync(this.#config, JSON.stringify(config));
  }
}

/** The server's URL, or undefined if it dies before it listens. */
async function listening(child: ChildProcess, ended: Promise<unknown>): Promise<string | undefined> {
  const line = new Promise<string>((resolve) =>
    child.stdout?.once('data', (data: Buffer) => resolve(String(data))),
  );
  const first = await Promise.race([line, ended.then(() => undefined)]);
  return first === undefined ? undefined : (JSON.parse(first) as { listening: string }).listening;
}
