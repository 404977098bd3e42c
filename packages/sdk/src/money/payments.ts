/** `assay.payments`: what was paid, and what became of it. */
import type { Clock } from '@assay/core';
import type { Policy } from '@assay/log';
import type { Secp256k1 } from '@assay/pay';
import { SdkError } from '../errors.ts';
import { type Fetch, Gateway, type Send } from '../gateway.ts';
import { type Explanation, explainPayment } from './explain.ts';
import type { BookedPayment } from './payment.ts';
import type { PaymentBook, PaymentFilter } from './payment-book.ts';

/** What it works with. */
export interface PaymentsOptions {
  readonly book: PaymentBook;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly send: Send;
  readonly fetch: Fetch;
  readonly curve: Secp256k1;
  /** JSON-RPC of the chain on which payments settle; without one its word stays unverified. */
  readonly rpc: string | undefined;
}

/** The payments of one client. */
export class Payments {
  readonly #options: PaymentsOptions;

  constructor(options: PaymentsOptions) {
    this.#options = options;
  }

  /** Payments as they were made, newest first. */
  list(filter: PaymentFilter = {}): Promise<readonly BookedPayment[]> {
    return this.#options.book.list(filter);
  }

  /**
   * What became of a payment: receipt, order, charge, batch and the charge's leaf in it, each verified here by
   * the client's own policy; the batch's root against the chain where the option `rpc` names it.
   *
   * @param id receipt id (its beginning will do) or request id
   * @throws SdkError `unknown-payment` | `mismatch`; ReceiptError
   */
  async explain(id: string): Promise<Explanation> {
    const { book, policy, clock, send, fetch, curve, rpc } = this.#options;
    const booked = await book.find(id);
    if (booked !== undefined) {
      const chain = rpc === undefined ? undefined : { url: rpc, fetch };
      return explainPayment(booked, new Gateway(booked.gateway, send), { policy, clock, curve, chain });
    }
    throw new SdkError('unknown-payment', {
      what: `no payment "${id.slice(0, 80)}" is in this client's books`,
      fix: 'List them with assay.payments.list().',
    });
  }
}
