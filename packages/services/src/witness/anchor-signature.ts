/** A witness's word for contracts: its payment key's signature over a checkpoint that it has cosigned (PROTOCOL 7.3). */
import { AssayError, hex } from '@assay/core';
import { assayDomain, checkpointDigest, type Domain, type PaymentSigner } from '@assay/core/money';
import { NoteError, type NoteVerifier, openCheckpoint, type OpenedCheckpoint, verifyNote } from '@assay/log';

/**
 * - `not-cosigned`: the note does not bear this witness's own cosignature
 * - `unknown-vault`: a chain or vault that this witness does not sign for
 */
export class AnchorError extends AssayError<'not-cosigned' | 'unknown-vault'> {}

/** A chain and the vault whose anchor takes the signature. */
export interface AnchorTarget {
  readonly chainId: number;
  readonly vault: string;
}

/** What signing needs. */
export interface AnchorSignerParts {
  readonly signer: PaymentSigner;
  /** Verifiers of this witness's own cosigning keys. */
  readonly own: readonly NoteVerifier[];
  /** Keys of the logs that it witnesses. */
  readonly logs: readonly NoteVerifier[];
  readonly targets: readonly AnchorTarget[];
}

/** What was signed, and by whom. */
export interface AnchorSignature {
  readonly signer: string;
  readonly size: string;
  /** Hex. */
  readonly root: string;
  readonly signature: string;
}

/**
 * Signs the checkpoint of `note` for a vault's anchor. Its own cosignature on it is all the memory that this needs: a
 * witness cosigns only what it has made durable and found consistent with everything before, so what bears its
 * cosignature may be said to a contract as well, however long ago that was.
 *
 * @throws AnchorError; NoteError and CheckpointError for what is no checkpoint of a log witnessed here
 */
export function signForAnchor(
  note: Uint8Array,
  target: AnchorTarget,
  { signer, own, logs, targets }: AnchorSignerParts,
): AnchorSignature {
  const domain = domainOf(target, targets);
  const opened = openCheckpoint(note, logs);
  assertCosigned(opened, own);
  const { origin, size } = opened.checkpoint;
  const root = hex(opened.checkpoint.root);
  const digest = checkpointDigest(domain, { origin, size: String(size), root });
  return { signer: signer.address, size: String(size), root, signature: signer.sign(digest) };
}

function assertCosigned({ note, checkpoint }: OpenedCheckpoint, own: readonly NoteVerifier[]): void {
  try {
    verifyNote(note, own);
  } catch (cause) {
    if (!(cause instanceof NoteError) || cause.code !== 'no-known-signature') throw cause;
    throw new AnchorError('not-cosigned', {
      what: `the checkpoint of size ${checkpoint.size} does not bear this witness's cosignature`,
      fix: 'Submit it to add-checkpoint first, and send the note with the cosignature that comes back.',
      cause,
    });
  }
}

function domainOf({ chainId, vault }: AnchorTarget, targets: readonly AnchorTarget[]): Domain {
  const known = targets.find((each) => each.chainId === chainId && each.vault === vault);
  if (known !== undefined) return assayDomain(known.chainId, known.vault as `0x${string}`);
  throw new AnchorError('unknown-vault', {
    what: `this witness does not sign for the vault ${vault} on chain ${chainId}`,
    fix: 'Its operator names the vaults in its configuration (anchor.targets).',
  });
}
