export type { ChannelBooks } from './books.ts';
export { LedgerError } from './errors.ts';
export type { ChannelRecord, JournalledEvent, LedgerEvent } from './event.ts';
export {
  type BatchTerms,
  type ExactTerms,
  type Hold,
  holdId,
  type HoldState,
  type HoldTerms,
  type ReleaseReason,
} from './hold.ts';
export type { MoneyJournal } from './journal.ts';
export { type LedgerOptions, openLedger, PaymentLedger, type Reservation } from './payment-ledger.ts';
export type { Limits } from './reservable.ts';
export { termsOf, type TermsContext } from './terms.ts';
export { chargeOf, releaseOf } from './statements.ts';
