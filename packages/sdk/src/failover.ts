/** Asks one gateway after the other until one answers; each is asked again before it is given up. */
import { SdkError } from './errors.ts';
import { type Gateway, GatewayAway } from './gateway.ts';

/** How persistently. */
export interface Persistence {
  /** Tries per gateway. */
  readonly tries: number;
  /**
   * Whether a gateway may owe the answer to a paid request that was lost on the way. It is asked again at least once, since
   * another one is paid for answering anew; only when it is out of reach, or refuses, another is asked.
   */
  readonly mayOwe?: (gateway: Gateway) => boolean;
  /** Waits so many milliseconds, or until the caller is done with it. */
  readonly sleep: (ms: number) => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** The request itself, and once more to fetch what may be owed. */
const TRIES_IF_OWED = 2;

const isRefusal = (error: unknown): error is SdkError =>
  error instanceof SdkError && (error.code === 'refused' || error.code === 'payment-refused');

/**
 * The first answer. The same gateway is asked again first: it may have the answer already, and gives the same bytes for
 * the same request id.
 *
 * @throws SdkError `unreachable`, and whatever `ask` throws besides GatewayAway
 */
export async function firstAnswer<T>(
  gateways: readonly Gateway[],
  ask: (gateway: Gateway) => Promise<T>,
  { tries, mayOwe = () => false, sleep }: Persistence,
): Promise<T> {
  const failures: Error[] = [];
  for (const gateway of gateways) {
    for (let attempt = 0; attempt < (mayOwe(gateway) ? Math.max(tries, TRIES_IF_OWED) : tries); attempt++) {
      if (attempt > 0) await sleep(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt));
      try {
        return await ask(gateway);
      } catch (error) {
        const isNo = isRefusal(error) && mayOwe(gateway) && gateway !== gateways.at(-1);
        if (!isNo && !(error instanceof GatewayAway)) throw error;
        failures.push(error);
        if (isNo) break;
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
