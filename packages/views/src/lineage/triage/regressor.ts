/** Regressors: a difference matters beyond tolerance, across a business threshold, or in sum over the incident. */
import { undetermined, type Arms, type Comparison } from './materiality.ts';

export interface RegressorRule {
  /** Tolerance: the larger of `abs` and `rel`·|good answer|. */
  readonly abs: number;
  readonly rel: number;
  /** The 99th percentile of what two good runs differ by; 0 where runs are bit-exact. */
  readonly noise: number;
  /** Values at which a consumer acts differently; crossing one always matters. */
  readonly thresholds: readonly number[];
}

/** Same within the noise, different beyond noise and tolerance, undetermined between the two. */
export function compareRegressor(arms: Arms<number>, rule: RegressorRule): Comparison {
  const { original, rerun, again } = arms;
  if (![original, rerun].every(Number.isFinite)) return undetermined('answer missing');
  const [bad, good] = [original as number, rerun as number];
  const noise = Math.max(rule.noise, again === undefined ? 0 : Math.abs(good - again));
  if (!Number.isFinite(noise)) return undetermined('answer missing');
  const delta = Math.abs(bad - good);
  // Where two good runs fall on both sides of a threshold, crossing it says nothing.
  const settled = (at: number): boolean => Math.abs(good - at) > noise || noise === 0;
  if (rule.thresholds.some((at) => bad >= at !== good >= at && settled(at)))
    return { result: 'different', by: 'threshold' };
  if (delta <= noise) return { result: 'same', by: 'noise' };
  if (delta > Math.max(rule.abs, rule.rel * Math.abs(good))) return { result: 'different', by: 'tolerance' };
  return undetermined('above the noise, within tolerance');
}

/** Whether differences that are small one by one add up to something: |Σ(original − rerun)| beyond `bound`. */
export function sumIsMaterial(
  pairs: Iterable<readonly [original: number, rerun: number]>,
  bound: number,
): boolean {
  let sum = 0;
  for (const [original, rerun] of pairs) sum += original - rerun;
  return !(Math.abs(sum) <= bound);
}
