/** Why the ledger does not do what it was asked. */
import { AssayError } from '@assay/core';

/**
 * - `ceiling`: what was signed does not cover what is captured, held and asked for
 * - `balance`: the payment channel does not hold that much
 * - `exposure`: too much is held that no witness has seen (PROTOCOL 4.3)
 * - `expired`: the order's deadline has passed
 * - `conflict`: the payer used the request id before, for something else
 * - `spent`: the request ended without a charge and cannot begin again under its id
 * - `replayed`: an `exact` authorization that another request used
 * - `unknown`: no such hold
 * - `state`: the hold is not in a state in which this can happen
 * - `amount`: more than the hold, or than was charged
 * - `fenced`: another writer has taken the ledger over
 * - `broken`: the journal failed, so that nothing more may be promised
 * - `corrupt`: the journal tells a story that cannot have happened
 */
export class LedgerError extends AssayError<
  | 'ceiling'
  | 'balance'
  | 'exposure'
  | 'expired'
  | 'conflict'
  | 'spent'
  | 'replayed'
  | 'unknown'
  | 'state'
  | 'amount'
  | 'fenced'
  | 'broken'
  | 'corrupt'
> {}
