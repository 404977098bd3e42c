/** Waits for many answers, but not long for the last of them. */
import type { Clock } from './ports.ts';

/** How much longer than it took to have enough the others are waited for, and at least. */
const PATIENCE = 2;
const LEAST_PATIENCE_MS = 50;

/** Resolves when all have answered, or when `enough` have (true) and the others have had twice that time as well. */
export async function mostOf(
  asked: readonly Promise<boolean>[],
  { enough, clock, signal }: { enough: number; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const started = clock.now();
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let good = 0;
  const all = asked.map(async (one) => {
    if ((await one) && ++good >= enough) resolve();
  });
  const patience = async (): Promise<void> => {
    await reached;
    await clock.sleep(Math.max(LEAST_PATIENCE_MS, PATIENCE * (clock.now() - started)), signal);
  };
  await Promise.race([Promise.all(all), patience()]);
}
