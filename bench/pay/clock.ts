/** Timed calls: in pairs one after the other, or as many as go with several at once. */
import { percentile } from '../gateway/percentile.ts';

/** Times of pairs of calls, in milliseconds, and what the second of a pair took more than the first. */
export interface Pairs {
  readonly less: number;
  readonly more: number;
  readonly difference: Spread;
}

/** A middle value, and between which values it lies at 95 %. */
export interface Spread {
  readonly middle: number;
  readonly from: number;
  readonly to: number;
}

type Call = () => Promise<unknown>;

/**
 * Calls in pairs, one after the other and each order as often as the other: what the machine does besides hits both, and
 * falls out of the differences.
 */
export async function pairedMs(count: number, less: Call, more: Call): Promise<Pairs> {
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < count; i++) {
    if (i % 2 === 0) pairs.push([await timed(less), await timed(more)]);
    else {
      const second = await timed(more);
      pairs.push([await timed(less), second]);
    }
  }
  const middle = (values: readonly number[]): number => percentile(values, 0.5);
  return {
    less: middle(pairs.map(([a]) => a)),
    more: middle(pairs.map(([, b]) => b)),
    difference: spreadOf(pairs.map(([a, b]) => b - a)),
  };
}

/** The median with its interval by order statistics: no assumption on how the values are spread. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const half = 0.98 * Math.sqrt(sorted.length);
  const at = (rank: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { middle: at(middle), from: at(middle - half), to: at(middle + half) };
}

/** Calls per second with `width` at once, for so many seconds, and how many they were. */
export async function perSecond(
  call: Call,
  width: number,
  seconds: number,
): Promise<{ readonly rate: number; readonly count: number }> {
  let count = 0;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - start < seconds * 1_000) {
      await call();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { rate: (count / (performance.now() - start)) * 1_000, count };
}

async function timed(call: Call): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}
