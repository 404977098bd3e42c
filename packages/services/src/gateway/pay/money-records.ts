/** Where charges, releases, batches and refunds stand in the log, so that payers can be shown them with their proofs. */
import type { LogRecord } from '@assay/core';
import type { Registry } from '@assay/views';

/** Log indexes of what became of one receipt's payment. */
export interface PaymentRecords {
  readonly charge?: number;
  readonly release?: number;
  readonly batch?: number;
  readonly refund?: number;
}

interface Batch {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/** An index over the followed log. */
export class MoneyRecords {
  readonly #charges = new Map<string, number>();
  readonly #releases = new Map<string, number>();
  readonly #batches: Batch[] = [];

  /** Takes a record that `registry` has just folded; what it ignored is ignored here. */
  note(record: LogRecord, { ignored }: Registry): void {
    if (ignored.at(-1)?.index === record.index) return;
    const { index } = record;
    if (record.kind === 'charge') this.#charges.set(record.predicate.receipt, index);
    if (record.kind === 'release' && record.predicate.receipt !== undefined)
      this.#releases.set(record.predicate.receipt, index);
    if (record.kind !== 'batch') return;
    const { from, to } = record.predicate;
    this.#batches.push({ index, from: Number(from), to: Number(to) });
  }

  of(receipt: string): PaymentRecords {
    const charge = this.#charges.get(receipt);
    const release = this.#releases.get(receipt);
    const batch =
      charge === undefined ? undefined : this.#batches.find(({ from, to }) => from <= charge && charge < to);
    return {
      ...(charge === undefined ? {} : { charge }),
      ...(release === undefined ? {} : { release }),
      ...(batch === undefined ? {} : { batch: batch.index }),
    };
  }
}
