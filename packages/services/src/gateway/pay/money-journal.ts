/** Keeps the payment ledger's events in the gateway's outbox: one durable write for money, answer and statement. */
import type { Json } from '@assay/core';
import type { JournalledEvent, MoneyJournal } from '@assay/pay';
import type { Item, Outbox, RecordPlace } from '../../outbox/index.ts';

/** What goes into the same write as events: an answer with what it is found by, an entry for the log. */
export interface Carry {
  /** Members of the record besides the events. */
  readonly meta?: { readonly [key: string]: Json };
  readonly entry?: Uint8Array;
  readonly body?: Uint8Array;
  /** Told where the record stands, once it is durable. */
  readonly placed?: (place: RecordPlace) => void;
  /** How many milliseconds it may wait for a write that does not wait. */
  readonly withinMs?: number;
}

/** The member of a record under which events stand. */
const MEMBER = 'money';

/** A journal that writes into `outbox`. The outbox's directory is locked, so there is one writer. */
export function moneyJournal(outbox: Outbox): MoneyJournal<Carry> {
  return {
    async append(events, carry = {}) {
      const meta = { kind: MEMBER, ...carry.meta, [MEMBER]: events as unknown as Json };
      const item = {
        meta,
        ...(carry.entry === undefined ? {} : { entry: carry.entry }),
        ...(carry.body === undefined ? {} : { body: carry.body }),
      };
      const place = await outbox.put(item, carry.withinMs);
      carry.placed?.(place);
    },
  };
}

/** The events in a record that was found on disk. */
export const eventsOf = ({ meta }: Item): readonly JournalledEvent[] =>
  (meta[MEMBER] as unknown as readonly JournalledEvent[] | undefined) ?? [];
