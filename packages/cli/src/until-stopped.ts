/** Work that is done again and again until somebody presses Ctrl-C. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Does `work` every `intervalMs` until SIGINT or SIGTERM; what is under way is finished first. What `work` throws ends it. */
export async function untilStopped(intervalMs: number, work: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal);
  try {
    for (;;) {
      // An interrupted sleep is the end that was asked for.
      await sleep(intervalMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      await work();
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
}
