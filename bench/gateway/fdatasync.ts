/** What one durable write costs on this disk: the floor under every receipt. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile } from './percentile.ts';

/** Milliseconds of a 2 KiB append with fdatasync. */
export function measureFdatasync(runs = 300): { readonly p50: number; readonly p99: number } {
  const directory = mkdtempSync(join(tmpdir(), 'assay-bench-sync-'));
  const file = openSync(join(directory, 'file'), 'a');
  const block = new Uint8Array(2_048);
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    times.push(performance.now() - started);
  }
  closeSync(file);
  rmSync(directory, { recursive: true });
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
