/** Timed calls, one after the other or several at once. */
import { percentile } from '../gateway/percentile.ts';

/** Middle time of `count` calls made one after the other, in milliseconds. */
export async function middleMs(count: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return percentile(times, 0.5);
}

/** Calls per second with `width` at once, over `count` calls. */
export async function perSecond(count: number, width: number, call: () => Promise<unknown>): Promise<number> {
  let left = count;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: width }, worker));
  return (count / (performance.now() - start)) * 1_000;
}
