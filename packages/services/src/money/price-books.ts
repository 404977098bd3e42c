/** The prices that gateways have published, as a follower of the log learns of them. */
import type { LogRecord, Predicate } from '@assay/core';
import type { Registry } from '@assay/views';

/** A `price.publish` in force or superseded: a price that was once offered stays good for what was ordered by it. */
export interface PublishedPrice {
  /** Record id: what orders, charges and receipts' requests name. */
  readonly id: string;
  /** Key id of the gateway that signed it. */
  readonly gateway: string;
  readonly book: Predicate<'price.publish'>;
  /** Log index. */
  readonly index: number;
}

/** Price books by record id, and the newest of each gateway for each model. */
export class PriceBooks {
  readonly #byId = new Map<string, PublishedPrice>();
  readonly #newest = new Map<string, PublishedPrice>();

  /** Takes a record that `registry` has just folded; what it ignored is ignored here. */
  note(record: LogRecord, { ignored }: Registry): void {
    if (record.kind !== 'price.publish' || ignored.at(-1)?.index === record.index) return;
    const { id, signer: gateway, predicate: book, index } = record;
    const published = { id, gateway, book, index };
    this.#byId.set(id, published);
    this.#newest.set(`${gateway} ${book.model}`, published);
  }

  get(id: string): PublishedPrice | undefined {
    return this.#byId.get(id);
  }

  /** What an answer of `model` costs at a gateway now; undefined where it is free. */
  newest(gateway: string, model: string): PublishedPrice | undefined {
    return this.#newest.get(`${gateway} ${model}`);
  }
}
