/** Money: prices, charges, releases, batches and refunds, folded from the log. */
export * from './affected-receipts.ts';
export * from './batch-content.ts';
export type { ChargeRecord, PaidOutput, ReleaseRecord, SettledRecord } from './charge-record.ts';
export { CHARGE_FLAWS, type ChargeFlaw, type FlawedCharge } from './flaw.ts';
export { MAX_BRACKET_SECONDS, NODE_CLOCK_SKEW_SECONDS } from './judge-times.ts';
export { DELIVERED_RULES, Money } from './money.ts';
export { PriceList, type PublishedPrice } from './price-list.ts';
export * from './refund-content.ts';
export * from './uncharged.ts';
export { isUpheldFor } from './upheld.ts';
