export type { AuditedMoney } from './audit-money.ts';
export { DEFAULT_GRACE_SECONDS, type MoneyAudit } from './money-audit.ts';
export type { ChainBatch, ChainRefund, ExecutedRefund, MoneyChain } from './money-chain.ts';
