/** PROTOCOL 3.3: a receipt's own times must lie inside its bracket, and the bracket must not be too wide. */
import type { ChargeCase } from './judge-charge.ts';
import type { Judged } from './flaw.ts';

/** The widest bracket that can be charged, in seconds. */
export const MAX_BRACKET_SECONDS = 86_400;
/** How far a node's clock may be off, in seconds. */
export const NODE_CLOCK_SKEW_SECONDS = 60;

/** @returns `times` when they do not fit */
export function judgeTimes({ output, registry: { time } }: ChargeCase): Judged {
  const { accepted, finished, notBefore } = output.receipt;
  const point = time.at(Number(notBefore.size));
  const until = time.recordedAt(output.index) ?? 0;
  const from = point !== undefined && point.size <= output.index ? point.time : 0;
  const skew = NODE_CLOCK_SKEW_SECONDS;
  const wrong =
    (until - from > MAX_BRACKET_SECONDS && `its bracket is ${until - from} s wide`) ||
    (accepted / 1_000 < from - skew && `accepted before ${from}`) ||
    (finished / 1_000 > until + skew && `finished after ${until}`);
  return wrong === false ? undefined : { flaw: 'times', what: `the receipt's own times: ${wrong}` };
}
