/** Verifies offline that an output receipt is what its node signed, is in the log, and was seen by enough witnesses. */
import { equal, fromHex, type Predicate, type SignedStatement } from '@assay/core';
import { openWitnessedCheckpoint, type TlogProof } from '@assay/log';
import { ReceiptError, step } from './entry-error.ts';
import { type LoggedEntry, refuseFuture, verifyLoggedEntry } from './logged-entry.ts';
import type { TrustMaterial } from './trust.ts';

export type OutputReceipt = SignedStatement & { readonly kind: 'output.receipt' };

/** What can be said about when an output was made; Unix seconds of witnesses, never a clock of the node. */
export interface TimeBracket {
  /** The quorum had seen the checkpoint that the receipt names by then; undefined without that checkpoint's note. */
  readonly after: number | undefined;
  /** The quorum had seen the receipt itself by then; undefined under `quorum none`. */
  readonly before: number | undefined;
}

export interface VerifiedReceipt {
  readonly receipt: OutputReceipt;
  readonly index: number;
  /** Size of the witnessed tree it is proved in. */
  readonly size: number;
  readonly bracket: TimeBracket;
  /** PROTOCOL 3.3: what makes the receipt doubtful although every signature holds. */
  readonly flags: readonly ReceiptFlag[];
}

/** `not-before-ahead`: it names a checkpoint that already covers it. `clock-outside`: the node's times leave the bracket. */
export type ReceiptFlag = 'not-before-ahead' | 'clock-outside';

/** The proof, and the cosigned note of the checkpoint that the receipt names as `notBefore`, if at hand. */
export interface ReceiptEvidence {
  readonly proof: TlogProof;
  readonly notBefore?: Uint8Array;
}

/**
 * Verifies an output receipt. Nothing is fetched and no clock is read.
 *
 * @param entry exact entry bytes, as they stand in the log
 * @param trust log and witness keys, quorum, and the time of judgement
 * @throws ReceiptError
 */
export function verifyReceipt(
  entry: Uint8Array,
  evidence: ReceiptEvidence,
  trust: TrustMaterial,
): VerifiedReceipt {
  const logged = verifyLoggedEntry(entry, evidence.proof, trust);
  const receipt = asReceipt(logged.statement);
  const after = lowerBound(receipt.predicate, evidence.notBefore, trust);
  const bracket = { after, before: logged.witnessed.witnessedAt };
  const { size } = logged.witnessed.checkpoint;
  return { receipt, index: logged.index, size, bracket, flags: flagsOf(receipt.predicate, logged, bracket) };
}

function asReceipt(statement: SignedStatement): OutputReceipt {
  if (statement.kind === 'output.receipt') return statement;
  throw new ReceiptError('kind', { what: `the entry is a ${statement.kind}, not an output.receipt` });
}

/** When the quorum had seen the checkpoint that the receipt names, proved by that checkpoint's own note. */
function lowerBound(
  { notBefore }: Predicate<'output.receipt'>,
  note: Uint8Array | undefined,
  trust: TrustMaterial,
): number | undefined {
  if (note === undefined) return undefined;
  const witnessed = step(() => openWitnessedCheckpoint(note, trust.policy));
  const { origin, size, root } = witnessed.checkpoint;
  if (
    origin !== notBefore.origin ||
    String(size) !== notBefore.size ||
    !equal(root, fromHex(notBefore.root))
  ) {
    const what = `the receipt names size ${notBefore.size} of ${notBefore.origin}; the note given is of size ${size} of ${origin}`;
    throw new ReceiptError('not-before', { what });
  }
  refuseFuture(witnessed, trust);
  return witnessed.witnessedAt;
}

function flagsOf(
  { notBefore, accepted, finished }: Predicate<'output.receipt'>,
  { index, witnessed }: LoggedEntry,
  { after, before }: TimeBracket,
): ReceiptFlag[] {
  const ahead = notBefore.origin === witnessed.checkpoint.origin && BigInt(notBefore.size) > BigInt(index);
  const early = after !== undefined && Math.floor(accepted / 1_000) < after;
  const late = before !== undefined && Math.floor(finished / 1_000) > before;
  return [
    ...(ahead ? (['not-before-ahead'] as const) : []),
    ...(early || late ? (['clock-outside'] as const) : []),
  ];
}
