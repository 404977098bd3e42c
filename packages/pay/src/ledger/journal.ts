/** The port to whatever makes a ledger's events durable. */
import type { JournalledEvent } from './event.ts';

/**
 * An append-only list of events with one writer.
 *
 * @typeParam Carry what goes into the same durable write as the events, all or nothing: an answer, an entry for the log
 */
export interface MoneyJournal<Carry> {
  /**
   * Appends in the order of the calls; resolves once everything is durable, and until then nobody may be told.
   *
   * Rejects when it cannot say so, and then for ever: the ledger is opened anew from what is there. An implementation
   * that several processes can reach rejects with LedgerError `fenced` once an event of a higher epoch is in it.
   */
  append(events: readonly JournalledEvent[], carry?: Carry): Promise<void>;
}
