/** Follows a receipt into the log until enough witnesses have seen it, and verifies the proof by the caller's policy. */
import { AssayError, type Clock, unixSeconds } from '@assay/core';
import { parseTlogProof, type Policy } from '@assay/log';
import { type VerifiedReceipt, verifyReceipt } from '@assay/verify';
import { SdkError } from './errors.ts';
import { type Gateway, GatewayAway } from './gateway.ts';

/** A receipt that is proved to be in the log. */
export interface ProvenReceipt extends VerifiedReceipt {
  /** The `.tlog-proof`, for whoever wants to check it again. */
  readonly proof: Uint8Array;
}

/** Who follows, by what it judges, and for how long. */
export interface Following {
  readonly gateways: readonly Gateway[];
  readonly policy: Policy;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** Milliseconds after which it gives up. */
  readonly timeoutMs: number;
}

const PAUSE_MS = 250;

/** Any gateway will do: the proof speaks for itself. @throws SdkError `proof`; ReceiptError */
export async function followProof(
  id: string,
  entry: Uint8Array,
  { gateways, policy, clock, sleep, timeoutMs }: Following,
): Promise<ProvenReceipt> {
  const deadline = clock.now() + timeoutMs;
  let last = 'no gateway was asked';
  for (let turn = 0; clock.now() < deadline; turn++) {
    const gateway = gateways[turn % gateways.length];
    if (gateway === undefined) break;
    try {
      const reply = await gateway.call(`/assay/v1/receipts/${id}/proof?wait=witnessed`);
      if (reply.status === 200) {
        const trust = { policy, judgedAt: unixSeconds(clock) };
        return { ...verifyReceipt(entry, { proof: parseTlogProof(reply.body) }, trust), proof: reply.body };
      }
      last = `${gateway.url} answered ${reply.status}`;
    } catch (error) {
      if (error instanceof AssayError || !(error instanceof GatewayAway)) throw error;
      last = error.message;
    }
    await sleep(PAUSE_MS);
  }
  throw new SdkError('proof', {
    what: `no proof within ${timeoutMs / 1_000} s; ${last}`,
    where: `receipt ${id}`,
    fix: 'The answer stands as signed. Ask for the proof again later.',
  });
}
