/** Counts outputs by version over equal stretches of time: what was measured, not what was said. */
import type { LineBucket } from './model.ts';
import type { SourceRecord } from './source.ts';

/**
 * Non-empty buckets of `outputs`, in order of time.
 *
 * @param place  position of each version digest in the picture
 */
export function bucketsOf(
  outputs: readonly SourceRecord[],
  place: ReadonlyMap<string, number>,
  grid: { readonly from: number; readonly to: number; readonly buckets: number },
): LineBucket[] {
  const width = (grid.to - grid.from) / grid.buckets;
  const counted = new Map<number, { counts: number[]; unknown: number }>();
  for (const { t, version } of outputs) {
    const at = Math.min(grid.buckets - 1, Math.max(0, Math.floor((t - grid.from) / width)));
    const bucket = counted.get(at) ?? { counts: Array<number>(place.size).fill(0), unknown: 0 };
    counted.set(at, bucket);
    const position = version === undefined ? undefined : place.get(version);
    if (position === undefined) bucket.unknown++;
    else bucket.counts[position] = (bucket.counts[position] ?? 0) + 1;
  }
  return [...counted]
    .toSorted(([a], [b]) => a - b)
    .map(([at, bucket]) => ({ from: grid.from + at * width, to: grid.from + (at + 1) * width, ...bucket }));
}
