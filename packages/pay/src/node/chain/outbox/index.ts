/** Transactions that reach the chain exactly once, whatever happens in between. */
export type { Broadcast } from './broadcast.ts';
export { TxError } from './tx-error.ts';
export { openTxOutbox, TxOutbox, type TxOutboxOptions } from './tx-outbox.ts';
export type { TxEvent } from './tx-round.ts';
export type { MinedAt, TxIntent, TxRecord } from './tx-store.ts';
