/** The times of settlement, and which of them are safe together (PROTOCOL 7.5, 7.6). */
import { AssayError } from '@assay/core';
import { MAX_WITHDRAW_DELAY, MIN_WITHDRAW_DELAY } from '@assay/core/money';

/** Times of a deployment, in seconds. */
export interface SettlementTerms {
  /** From one batch to the next, and from one claim to the next. */
  readonly settlementPeriod: number;
  /** How long a batch's credits are held before nodes can withdraw them. */
  readonly hold: number;
  /** How long outputs may be drawn for an audit. */
  readonly audit: number;
  /** How long a challenge has to be answered; on the vault `response`. */
  readonly dispute: number;
  /** How long a class refund can be vetoed. */
  readonly veto: number;
  /** From leaving to withdrawing stake. */
  readonly unbonding: number;
  /** From a payer's wish to withdraw to its withdrawal, on every payment channel. */
  readonly withdrawDelay: number;
}

/** Terms under which somebody could lose money that is theirs. */
export class TermsError extends AssayError<'unsafe'> {}

/** Claims that fit between a payer's wish to withdraw and the withdrawal. */
export const CLAIMS_PER_WITHDRAWAL = 4;

/** Refuses terms that are not safe together. @throws TermsError */
export function assertSafeTerms(terms: SettlementTerms): void {
  const { settlementPeriod, hold, audit, dispute, veto, unbonding, withdrawDelay } = terms;
  for (const [name, value] of Object.entries(terms) as [string, number][]) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw unsafe(`${name} is ${value}`, 'Give whole seconds, at least 1.');
  }
  const needed = audit + dispute + settlementPeriod;
  if (hold < needed) {
    throw unsafe(
      `a hold of ${hold} s is shorter than audit, dispute and settlement together (${audit} + ${dispute} + ${settlementPeriod} = ${needed} s)`,
      'A node could take its money before anybody can say that it did not earn it. Make the hold longer.',
    );
  }
  if (hold <= veto + dispute) {
    throw unsafe(
      `a hold of ${hold} s is over before a refund proposed at its end could be executed (${veto} s veto, ${dispute} s dispute)`,
      'Make the hold longer.',
    );
  }
  if (unbonding < hold + dispute + veto) {
    throw unsafe(
      `stake that leaves in ${unbonding} s is gone before hold, dispute and veto are over (${hold + dispute + veto} s)`,
      'Make unbonding longer.',
    );
  }
  if (withdrawDelay < CLAIMS_PER_WITHDRAWAL * settlementPeriod) {
    throw unsafe(
      `a payer can withdraw in ${withdrawDelay} s, in which fewer than ${CLAIMS_PER_WITHDRAWAL} claims fit (every ${settlementPeriod} s)`,
      'Make the withdraw delay longer, or settle more often.',
    );
  }
  if (withdrawDelay < MIN_WITHDRAW_DELAY || withdrawDelay > MAX_WITHDRAW_DELAY) {
    throw unsafe(
      `the settlement contract takes withdraw delays from ${MIN_WITHDRAW_DELAY} to ${MAX_WITHDRAW_DELAY} s, not ${withdrawDelay}`,
      'Choose one within.',
    );
  }
}

const unsafe = (what: string, fix: string): TermsError =>
  new TermsError('unsafe', { what, where: 'settlement terms', fix });
