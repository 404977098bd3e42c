/** Receipts and their proofs, for whoever holds a receipt's id. */
import type { LogClient } from '../log-client/index.ts';
import type { DeliveryLedger } from './delivery-ledger.ts';
import { GatewayError } from './gateway-error.ts';
import type { LoggedAs } from './infer-answer.ts';

type State = LoggedAs['state'];

/** What answers come from. */
export interface ProofSources {
  readonly view: {
    readonly witnessedSize: number;
    indexOf(id: string): number | undefined;
    waitFor(id: string, state: State, timeoutMs: number): Promise<{ index: number }>;
  };
  readonly log: LogClient;
  readonly ledger: DeliveryLedger;
}

/** Exact entry bytes of a receipt: kept here, or in the log. @throws GatewayError `unknown-receipt` */
export async function receiptEntry({ view, log, ledger }: ProofSources, id: string): Promise<Uint8Array> {
  const kept = ledger.receiptEntry(id);
  if (kept !== undefined) return kept;
  const index = view.indexOf(id);
  if (index !== undefined) {
    for await (const [entry] of log.entries(index, index + 1)) if (entry !== undefined) return entry;
  }
  throw new GatewayError('unknown-receipt', {
    what: `no receipt ${id.slice(0, 80)} is known here`,
    fix: 'Check the id; a receipt of another gateway is found here once it is in the log.',
  });
}

/** The proof that can be given now. @throws GatewayError `not-yet` */
export async function proofNow({ view, log }: ProofSources, id: string, state: State): Promise<LoggedAs> {
  const index = view.indexOf(id);
  if (index === undefined || (state === 'witnessed' && index >= view.witnessedSize)) {
    throw new GatewayError('not-yet', {
      what: `receipt ${id.slice(0, 80)} is not ${state} yet`,
      fix: 'Ask again in a second, or wait with ?wait=sequenced or ?wait=witnessed.',
    });
  }
  return { index, state, proof: await log.proof(index, state) };
}

/** The proof, waiting for it. @throws WaitError `timeout` */
export async function proofWhen(
  sources: ProofSources,
  id: string,
  { state, timeoutMs }: { readonly state: State; readonly timeoutMs: number },
): Promise<LoggedAs> {
  const { index } = await sources.view.waitFor(id, state, timeoutMs);
  return { index, state, proof: await sources.log.proof(index, state) };
}
