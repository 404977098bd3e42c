/** Waits for a log that is not there yet: processes of one network start in any order. */
import type { Logger } from 'pino';

const FIRST_MS = 50;
const MOST_MS = 2_000;

/** Until when, and whom to tell. */
export interface Waiting {
  readonly isStopping: () => boolean;
  readonly log: Logger;
}

/** Does `work` until it succeeds, or until nobody wants it any more. */
export async function untilItWorks(work: () => Promise<void>, { isStopping, log }: Waiting): Promise<void> {
  for (let wait = FIRST_MS; !isStopping(); wait = Math.min(MOST_MS, wait * 2)) {
    try {
      await work();
      return;
    } catch (error) {
      log.info({ err: error }, 'waiting for the log');
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}
