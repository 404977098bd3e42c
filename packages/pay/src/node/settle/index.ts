/** Settlement: from captured charges to money in the vault, credits, refunds and stake. */
export { type AnchorCheckpoint, anchorCheckpoint, type AnchorParts } from './anchor.ts';
export {
  BatchSettler,
  type CapturedChannel,
  type Claimed,
  sendOnce,
  type SettlingParts,
} from './batch-settler.ts';
export {
  type BatchPost,
  type Call,
  type Claim,
  claimCall,
  type RefundClaim,
  type RefundPlan,
  withdrawCall,
} from './calls.ts';
export {
  depositCall,
  finalizeWithdrawCall,
  initiateWithdrawCall,
  type SignedDeposit,
} from './payer-calls.ts';
export { type PayerClaim, type Refunded, settleRefund, vetoed } from './refund-settler.ts';
export { revertReason } from './revert-reason.ts';
export { SettleError } from './settle-error.ts';
export * from './stake-calls.ts';
export {
  type PostedBatch,
  type PostedRefund,
  type SettlementContracts,
  type StakeState,
  VaultReads,
  type VaultState,
} from './vault-reads.ts';
export {
  type ExecutedEvent,
  executedRefunds,
  heldBy,
  postedAfter,
  type PostedEvent,
  type PostedQuery,
  senderOf,
  vetoesOf,
} from './vault-events.ts';
