/** Private payloads of receipts, fetched from the node that keeps them by whoever may read them. */
import { type Clock, openCommitment, fromHex, openStatement, type Predicate } from '@assay/core';
import { AUTHORIZATION, type Payload, readPayload, signRequest } from '@assay/services';
import { CliError } from '../cli-error.ts';
import type { Signatory } from '../signatory.ts';

const TIMEOUT_MS = 30_000;

/** What opens a receipt, checked against it. */
export interface OpenedPayload {
  readonly inputBytes: Uint8Array;
  readonly outputBytes: Uint8Array;
}

/** Whose payload is asked for. */
export interface PayloadOf {
  readonly id: string;
  readonly receipt: Predicate<'output.receipt'>;
  readonly node: string;
  readonly endpoint: string;
}

/**
 * Fetches what opens a receipt, and holds it against the receipt's commitments.
 *
 * @returns undefined when the node does not keep it any more, or does not answer
 * @throws CliError `mismatch` when it is another receipt's; CommitmentError when it does not open this one
 */
export async function fetchPayload(
  of: PayloadOf,
  by: { readonly as: Signatory; readonly clock: Clock },
): Promise<OpenedPayload | undefined> {
  const body = await ask(of, by);
  if (body === undefined) return undefined;
  const payload = readPayload(body);
  checkPayload(payload, of);
  return { inputBytes: payload.inputBytes, outputBytes: payload.outputBytes };
}

async function ask(
  { id, node, endpoint }: PayloadOf,
  { as, clock }: { readonly as: Signatory; readonly clock: Clock },
): Promise<Uint8Array | undefined> {
  const path = `/assay/v1/payloads/${id}`;
  const header = signRequest({ method: 'GET', path, recipient: node }, as.identity.signer, clock);
  const where = `${endpoint.replace(/\/+$/, '')}${path}`;
  try {
    const response = await fetch(where, {
      headers: { [AUTHORIZATION]: header },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    if (response.status === 401 || response.status === 403) throw notAllowed(where, as);
    return undefined;
  } catch (error) {
    // A node that is gone leaves its outputs undetermined; it does not end the run over the others.
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
      return undefined;
    throw error;
  }
}

const notAllowed = (where: string, { name }: Signatory): CliError =>
  new CliError('not-allowed', {
    what: `the node gives its payloads to verifiers that have joined, and not to "${name}"`,
    where,
    fix: 'Sign with a key that joined with the role "verifier" (--key).',
  });

function checkPayload({ entry, salts, inputBytes, outputBytes }: Payload, { id, receipt }: PayloadOf): void {
  const statement = openStatement(entry);
  if (statement.id !== id)
    throw new CliError('mismatch', { what: `the node sent the payload of ${statement.id} for ${id}` });
  openCommitment(receipt.input, 'input', { salt: fromHex(salts.input), bytes: inputBytes });
  openCommitment(receipt.output, 'output', { salt: fromHex(salts.output), bytes: outputBytes });
}
