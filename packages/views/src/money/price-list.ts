/** Published prices: by id, and the newest of a gateway for a model. */
import type { Predicate } from '@assay/core';

/** A price as it was published. */
export interface PublishedPrice {
  /** Record id: what orders and charges call the price book. */
  readonly id: string;
  readonly index: number;
  readonly gateway: string;
  readonly book: Predicate<'price.publish'>;
}

/** The prices of one log. */
export class PriceList {
  readonly #byId = new Map<string, PublishedPrice>();
  readonly #history = new Map<string, PublishedPrice[]>();

  add(price: PublishedPrice): void {
    this.#byId.set(price.id, price);
    const key = `${price.gateway} ${price.book.model}`;
    this.#history.set(key, [...(this.#history.get(key) ?? []), price]);
  }

  get(id: string): PublishedPrice | undefined {
    return this.#byId.get(id);
  }

  /** What a gateway asks for a model as of a log size; undefined when it is free there. */
  newest(gateway: string, model: string, size = Number.POSITIVE_INFINITY): PublishedPrice | undefined {
    return this.#history.get(`${gateway} ${model}`)?.findLast(({ index }) => index < size);
  }

  /** Newest prices of a model, one for each gateway that has one, as of a log size. */
  ofModel(model: string, size = Number.POSITIVE_INFINITY): readonly PublishedPrice[] {
    const all = Array.from(this.#history.values(), (history) =>
      history.findLast(({ index, book }) => index < size && book.model === model),
    );
    return all.filter((price) => price !== undefined);
  }
}
