/** Why an entry and its proof are not believed. */
import { AssayError, EncodingError, EnvelopeError, StatementError } from '@assay/core';
import { CheckpointError, NoteError, PolicyError, ProofError } from '@assay/log';

export class ReceiptError extends AssayError<
  | 'proof' // not a tlog-proof, or its checkpoint is none
  | 'unknown-log' // the policy does not list the log
  | 'log-signature' // the log did not sign the checkpoint
  | 'witness-quorum' // too few witnesses cosigned it
  | 'future' // witnessed later than now
  | 'inclusion' // the entry is not under the checkpoint
  | 'signature' // the statement's signature does not hold
  | 'schema' // not a statement of ours
  | 'kind' // a statement, but not a receipt
  | 'not-before' // the earlier checkpoint given is not the one that the receipt names
> {}

/** Runs one step of a verification; what it throws becomes a ReceiptError with the step's own reason inside. */
export function step<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof AssayError) || cause instanceof ReceiptError) throw cause;
    const detail = { what: cause.what, cause };
    throw new ReceiptError(codeOf(cause), {
      ...detail,
      ...(cause.where === undefined ? {} : { where: cause.where }),
      ...(cause.fix === undefined ? {} : { fix: cause.fix }),
    });
  }
}

function codeOf(cause: AssayError): ReceiptError['code'] {
  if (cause instanceof PolicyError) return cause.code === 'quorum' ? 'witness-quorum' : 'unknown-log';
  if (cause instanceof NoteError) return cause.code === 'malformed' ? 'proof' : 'log-signature';
  if (cause instanceof CheckpointError) return 'proof';
  if (cause instanceof ProofError) return cause.code === 'malformed' ? 'proof' : 'inclusion';
  if (cause instanceof EnvelopeError) return cause.code === 'signature' ? 'signature' : 'schema';
  if (cause instanceof StatementError || cause instanceof EncodingError) return 'schema';
  return 'proof';
}
