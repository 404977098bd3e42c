/** The prices that gateways have published, as a follower of the log learns of them. */
import type { LogRecord } from '@assay/core';
import { PriceList, type PublishedPrice, type Registry } from '@assay/views';

/** Prices in force and superseded: one that was once offered stays good for what was ordered by it. */
export class PriceBooks extends PriceList {
  /** Takes a record that `registry` has just folded; what it ignored is ignored here. */
  note({ kind, id, index, signer: gateway, predicate }: LogRecord, { ignored }: Registry): void {
    if (kind !== 'price.publish' || ignored.at(-1)?.index === index) return;
    this.add({ id, index, gateway, book: predicate as PublishedPrice['book'] });
  }
}
