/** Paid requests that went out and were never answered: whoever took one may charge it. */
import { type Gateway, mayHaveTaken } from '../gateway.ts';
import type { AlsoOrdered } from './payment.ts';
import type { Prepared } from './purse.ts';

/** What was lost of one request on its way from gateway to gateway. */
export class LostOrders {
  readonly #lost = new Map<Gateway, Prepared>();

  /** Notes why no answer came. */
  failed(gateway: Gateway, prepared: Prepared | undefined, error: unknown): void {
    if (prepared !== undefined && mayHaveTaken(error)) this.#lost.set(gateway, prepared);
  }

  /** The gateway answered after all. */
  answered(gateway: Gateway): void {
    this.#lost.delete(gateway);
  }

  has(gateway: Gateway): boolean {
    return this.#lost.has(gateway);
  }

  /** What is told with the answer that another gateway gave. */
  get alsoOrdered(): { readonly alsoOrdered?: readonly AlsoOrdered[] } {
    if (this.#lost.size === 0) return {};
    const alsoOrdered = Array.from(this.#lost, ([{ url }, { order, max }]) => ({
      gateway: url,
      order,
      reserved: String(max),
    }));
    return { alsoOrdered };
  }
}
