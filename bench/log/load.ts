/** Runs the load generator against a server and reads what it says. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const CLIENT = new URL('client.ts', import.meta.url).pathname;
let runs = 0;

/** `single`, `batch`: as fast as it goes. `paced`, `witnessed`: at a steady rate, for latencies. */
export type LoadMode = 'single' | 'batch' | 'paced' | 'witnessed';

export interface Load {
  readonly done: number;
  /** Milliseconds of each request. */
  readonly latencies: readonly number[];
}

/** Loads `url` for some seconds. */
export async function load(url: string, mode: LoadMode, seconds: number): Promise<Load> {
  const args = [CLIENT, url, mode, String(seconds), `${process.pid}-${runs++}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 28 });
  return JSON.parse(stdout) as Load;
}
