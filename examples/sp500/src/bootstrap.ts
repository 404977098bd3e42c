/** An interval for the mean of paired differences between days that resemble their neighbours. */
import { seededRandom } from './random.ts';

/** How to resample. */
export interface BootstrapOptions {
  readonly seed: number;
  readonly resamples: number;
  /** Days that are drawn together, because volatility, and so the loss, comes in clusters. */
  readonly block: number;
}

/** A mean with its 95 % interval. */
export interface PairedMean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Circular moving-block bootstrap (Politis and Romano 1992) of the mean of `differences`; the interval is between the
 * 2.5 % and 97.5 % quantiles of the resampled means. Only integer draws and sums, so it is the same everywhere.
 */
export function pairedMean(differences: readonly number[], options: BootstrapOptions): PairedMean {
  const random = seededRandom(options.seed);
  const means = Array.from({ length: options.resamples }, () =>
    resampledMean(differences, options.block, random),
  );
  means.sort((a, b) => a - b);
  const quantile = (share: number): number => means[Math.floor(share * (means.length - 1))] as number;
  return { mean: average(differences), low: quantile(0.025), high: quantile(0.975) };
}

function resampledMean(values: readonly number[], block: number, random: () => number): number {
  let sum = 0;
  let taken = 0;
  while (taken < values.length) {
    const start = Math.floor(random() * values.length);
    for (let i = 0; i < block && taken < values.length; i++, taken++) {
      sum += values[(start + i) % values.length] as number;
    }
  }
  return sum / values.length;
}

/** Arithmetic mean. */
export function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
