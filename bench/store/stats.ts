/** Medians, rates and times of one run. */

export const MIB = 1_048_576;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** MB/s (10^6) of `bytes` in `ms`. */
export const rate = (bytes: number, ms: number): number => bytes / 1e6 / (ms / 1_000);

/** Milliseconds that `run` takes. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
