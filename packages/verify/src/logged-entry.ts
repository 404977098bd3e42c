/** Verifies offline that an entry is in a log and was seen by enough witnesses, and what it states. */
import { openStatement, type SignedStatement } from '@assay/core';
import { leafHash, type TlogProof, verifyTlogProof, type WitnessedCheckpoint } from '@assay/log';
import { ReceiptError, step } from './entry-error.ts';
import { CLOCK_SKEW_SECONDS, type TrustMaterial } from './trust.ts';

/** A statement that is in a witnessed log. */
export interface LoggedEntry {
  readonly statement: SignedStatement;
  /** Its log index. */
  readonly index: number;
  readonly witnessed: WitnessedCheckpoint;
}

/**
 * Verifies any entry: inclusion under a checkpoint that the policy accepts, then envelope, signature and schema. That
 * its signer was allowed to say so is for the registry to judge, at that index.
 *
 * @param entry exact bytes, as they stand in the log
 * @throws ReceiptError
 */
export function verifyLoggedEntry(entry: Uint8Array, proof: TlogProof, trust: TrustMaterial): LoggedEntry {
  const witnessed = step(() => verifyTlogProof(proof, leafHash(entry), trust.policy));
  refuseFuture(witnessed, trust);
  const statement = step(() => openStatement(entry));
  return { statement, index: proof.index, witnessed };
}

/** A quorum that says it saw the tree in the future has clocks, or keys, that cannot be relied upon. */
export function refuseFuture(
  { witnessedAt }: Pick<WitnessedCheckpoint, 'witnessedAt'>,
  trust: TrustMaterial,
): void {
  if (witnessedAt === undefined || witnessedAt <= trust.judgedAt + CLOCK_SKEW_SECONDS) return;
  const what = `witnessed at ${witnessedAt}, which is later than ${trust.judgedAt}, the time of judgement`;
  throw new ReceiptError('future', { what, fix: 'Check this machine’s clock.' });
}
