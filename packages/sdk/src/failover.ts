/** Asks one gateway after the other until one answers; each is asked again before it is given up. */
import { SdkError } from './errors.ts';
import { type Gateway, GatewayAway } from './gateway.ts';

/** How persistently. */
export interface Persistence {
  /** Tries per gateway. */
  readonly tries: number;
  /** Waits so many milliseconds, or until the caller is done with it. */
  readonly sleep: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * The first answer. The same gateway is asked again first: it may have the answer already, and gives the same bytes for
 * the same request id.
 *
 * @throws SdkError `unreachable`, and whatever `ask` throws besides GatewayAway
 */
export async function firstAnswer<T>(
  gateways: readonly Gateway[],
  ask: (gateway: Gateway) => Promise<T>,
  { tries, sleep }: Persistence,
): Promise<T> {
  const failures: GatewayAway[] = [];
  for (const gateway of gateways) {
    for (let attempt = 0; attempt < tries; attempt++) {
      if (attempt > 0) await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
      try {
        return await ask(gateway);
      } catch (error) {
        if (!(error instanceof GatewayAway)) throw error;
        failures.push(error);
      }
    }
  }
  throw new SdkError('unreachable', {
    what: `no answer in ${failures.length} tries; the last: ${failures.at(-1)?.message ?? 'no gateway was given'}`,
    where: gateways.map(({ url }) => url).join(', '),
    fix: 'Start the network ("npx assay up"), or name another gateway; the same id may be asked again.',
    cause: failures.at(-1),
  });
}
