/** The durable outbox of nodes and gateways: what was promised reaches the log, and comes back after a crash. */
export { OutboxError } from './errors.ts';
export type { Item } from './item.ts';
export type { RecordPlace } from './journal.ts';
export { openOutbox, Outbox, type OutboxOptions } from './outbox.ts';
export {
  type Answered,
  ERASED_HASH,
  type LedgerOptions,
  type RequestIdentity,
  RequestLedger,
} from './request-ledger.ts';
export { type EntrySink, Shipper, type ShipperOptions, type ShippingProblem } from './shipper.ts';
