/** Money: prices, charges, releases, batches and refunds, folded from the log. */
export * from './affected-receipts.ts';
export * from './batch-content.ts';
export * from './charged-twice.ts';
export type { ChargeRecord, PaidOutput, ReleaseRecord, SettledRecord } from './charge-record.ts';
export { CHARGE_FLAWS, type ChargeFlaw, type FlawedCharge } from './flaw.ts';
export { addressOf } from './judge-payment-signature.ts';
export { MAX_BRACKET_SECONDS, NODE_CLOCK_SKEW_SECONDS } from './judge-times.ts';
export { Money } from './money.ts';
export { DELIVERED_RULES, MONEY_RULES, MoneyRules, PER_GATEWAY_RULES } from './money-rules.ts';
export { PriceList, type PublishedPrice } from './price-list.ts';
export * from './refund-content.ts';
export { Settlements } from './settlements.ts';
export * from './uncharged.ts';
export { isUpheldFor } from './upheld.ts';
