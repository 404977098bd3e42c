/** What can keep money from being settled. */
import { AssayError } from '@assay/core';

/**
 * - `other-batch`: the vault has another batch than the log gives
 * - `no-quorum`: too few witnesses signed a checkpoint for the anchor
 * - `not-upheld`: an incident that moves no money
 * - `nothing-to-refund`: no charge in the incident's scope can be given back
 * - `unposted`: charges in its scope are in no batch yet
 * - `veto-window`: proposed, and executed once nobody can veto it any more
 * - `vetoed`: the vetoer stopped it; nothing was given back
 * - `other-refund`: the vault has another refund of the incident
 */
export class SettleError extends AssayError<
  | 'other-batch'
  | 'no-quorum'
  | 'not-upheld'
  | 'nothing-to-refund'
  | 'unposted'
  | 'veto-window'
  | 'vetoed'
  | 'other-refund'
> {}
