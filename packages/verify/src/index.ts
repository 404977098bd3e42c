export * from './witnessed-at.ts';
export * from './audit/index.ts';
export { ReceiptError } from './entry-error.ts';
export { type LoggedEntry, verifyLoggedEntry } from './logged-entry.ts';
export * from './receipt.ts';
export { moneyFlawOf, type MoneyTrust, paymentSignerOf } from './receipt-money.ts';
export { CLOCK_SKEW_SECONDS, type TrustMaterial } from './trust.ts';
