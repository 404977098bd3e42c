/** A journal in memory with the contract of the port: ordered, all or nothing, fenced; and faults on demand. */
import { type JournalledEvent, LedgerError, type MoneyJournal } from '@assay/pay';

/** What a write does. `lost`: nothing is durable; `kept`: everything is, and nobody is told. */
export type WriteFault = 'lost' | 'kept' | undefined;

/** Everything durable, shared by the writers that come after one another. */
export class Disk<Carry> {
  readonly events: JournalledEvent[] = [];
  readonly carried: Carry[] = [];
  writes = 0;
  /** Asked before each write, with its number. */
  fault: (write: number) => WriteFault = () => undefined;
  #epoch = 0;

  /** The port for one process; after a fault it refuses for ever. */
  open(): MoneyJournal<Carry> {
    let dead = false;
    return {
      append: async (events, carry) => {
        if (dead) throw new Error('the disk is gone');
        const fault = this.fault(this.writes++);
        if (fault !== 'lost') this.#write(events, carry);
        if (fault === undefined) return;
        dead = true;
        throw new Error(`a write was ${fault}`);
      },
    };
  }

  #write(events: readonly JournalledEvent[], carry: Carry | undefined): void {
    const epoch = Math.max(...events.map((event) => event.epoch));
    if (epoch < this.#epoch) throw new LedgerError('fenced', { what: `epoch ${epoch} is over` });
    this.#epoch = epoch;
    // Through JSON: what cannot be written down must not pass for written.
    this.events.push(...(JSON.parse(JSON.stringify(events)) as JournalledEvent[]));
    if (carry !== undefined) this.carried.push(carry);
  }
}
