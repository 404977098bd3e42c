/** What an answer costs, by the price book that its order names, and the node's word for it (PROTOCOL 5.6, 7.1). */
import type { Predicate } from '@assay/core';
import {
  assayDomain,
  chainIdOf,
  type Address,
  type PaymentSigner,
  priceOf,
  receiptPaymentDigest,
} from '@assay/core/money';
import type { PublishedPrice } from '@assay/views';
import type { PriceBooks } from '../money/index.ts';
import { NodeError } from './node-error.ts';
import type { Payment } from './wire/index.ts';

type Receipt = Predicate<'output.receipt'>;

/** What money needs of a node. */
export interface ChargingOptions {
  /** Key id of the node. */
  readonly node: string;
  readonly prices: PriceBooks;
  /** Signs with the payment key that the log knows of this node. */
  readonly signer: PaymentSigner;
}

/** An order on its way, with the price that it was made by. */
export interface Ordered extends Payment {
  readonly price: PublishedPrice;
}

/** Prices and signs for one node. */
export class Charging {
  readonly #options: ChargingOptions;

  constructor(options: ChargingOptions) {
    this.#options = options;
  }

  /**
   * The price that a payment names, which must be one of the gateway that asks, for the model that is asked. What the
   * input alone costs must be within the ceiling: nothing runs for nothing.
   *
   * @throws NodeError `unknown-price` | `price`
   */
  order(
    payment: Payment,
    { gateway, model, inputBytes }: { gateway: string; model: string; inputBytes: number },
  ): Ordered {
    const price = this.#options.prices.get(payment.priceBook);
    if (price === undefined || price.gateway !== gateway || price.book.model !== model) {
      throw new NodeError('unknown-price', {
        what: `${payment.priceBook} is no price of ${gateway} for ${model} that this node knows`,
        where: 'payment.priceBook',
        fix: 'Publish it, or wait until this node has read the log that far.',
      });
    }
    const ordered = { ...payment, price };
    this.#amountOf(ordered, { inputBytes: String(inputBytes), outputBytes: '0' });
    return ordered;
  }

  /** The members of a receipt that belong to money, but the signature. @throws NodeError `price` */
  members(ordered: Ordered | undefined, usage: Receipt['usage']): Pick<Receipt, 'order' | 'amount'> {
    if (ordered === undefined) return {};
    const amount = String(this.#amountOf(ordered, usage));
    return { ...(ordered.order === undefined ? {} : { order: ordered.order }), amount };
  }

  /** The payment key's signature over a receipt that is otherwise whole, as it stands in the receipt. */
  sign({ price: { book } }: Ordered, receipt: Receipt): string {
    const domain = assayDomain(chainIdOf(book.network), book.vault as Address);
    return this.#options.signer.sign(receiptPaymentDigest(domain, this.#options.node, receipt)).slice(2);
  }

  #amountOf({ price, max }: Ordered, usage: Pick<Receipt['usage'], 'inputBytes' | 'outputBytes'>): bigint {
    const amount = priceOf(price.book, usage);
    if (amount <= BigInt(max)) return amount;
    throw new NodeError('price', {
      what: `the answer costs ${amount} atomic units, and the order goes up to ${max}`,
      where: 'payment.max',
      fix: 'Order with a higher maxAmount, or ask for less at once.',
    });
  }
}
