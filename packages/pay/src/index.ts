// The primitives live in core, because views and verify recompute them; whoever deals with money finds all of it here.
export * from '@assay/core/money';
export { type BlockRange, BLOCKS_AT_ONCE, rangesDown, rangesUp } from './block-ranges.ts';
export * from './errors.ts';
export * from './ledger/index.ts';
export { assertOrderFor, type OrderedRequest } from './verify-order.ts';
export * from './verify-payment.ts';
export { SETTLE_MARGIN_SECONDS } from './verify-time.ts';
export * from './wire/index.ts';
