/** `assay.payments`: what was paid, and what became of it. */
import type { Clock } from '@assay/core';
import type { Policy } from '@assay/log';
import type { Secp256k1 } from '@assay/pay';
import { SdkError } from '../errors.ts';
import { type Fetch, Gateway, type Send } from '../gateway.ts';
import type { Evidence, EvidenceBook, EvidenceState } from './evidence.ts';
import { explainEvidence } from './explain-evidence.ts';
import { type Deposit, type DepositQuery, depositsOf } from './deposits.ts';
import { type Explanation, explainPayment } from './explain.ts';
import type { Purse } from './purse.ts';
import type { BookedPayment } from './payment.ts';
import type { PaymentBook, PaymentFilter } from './payment-book.ts';

/** What it works with. */
export interface PaymentsOptions {
  readonly book: PaymentBook;
  readonly evidence: EvidenceBook;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly send: Send;
  readonly fetch: Fetch;
  readonly curve: Secp256k1;
  /** JSON-RPC of the chain on which payments settle; without one its word stays unverified. */
  readonly rpc: string | undefined;
  /** Whose deposits; absent where nobody pays. */
  readonly purse: Pick<Purse, 'address'> | undefined;
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
   * the client's own policy; the batch's root against the chain where the option `rpc` names it. Of an order whose answer
   * was refused, declined or never came: what was wrong, and what can be done.
   *
   * @param id receipt id (its beginning will do) or request id
   * @throws SdkError `unknown-payment` | `mismatch`; ReceiptError
   */
  async explain(id: string): Promise<Explanation> {
    const { book, evidence, policy, clock, send, fetch, curve, rpc } = this.#options;
    const chain = rpc === undefined ? undefined : { url: rpc, fetch };
    const trust = { policy, clock, curve, chain };
    const booked = await book.find(id);
    if (booked !== undefined) {
      const explained = await explainPayment(booked, new Gateway(booked.gateway, send), trust);
      const alsoCharged = explained.payment?.alsoCharged;
      if (alsoCharged !== undefined) await book.amend(booked.receipt, { alsoCharged });
      return explained;
    }
    const kept = await evidence.find(id);
    if (kept !== undefined) return explainEvidence(kept, new Gateway(kept.gateway, send), trust);
    throw unknown(id);
  }

  /** What is kept of orders, newest first: all of them, or those in one state. */
  orders(state?: EvidenceState): Promise<readonly Evidence[]> {
    return this.#options.evidence.list(state);
  }

  /**
   * What is kept of one order, to be shown to others (specs/payments.md, "Evidence").
   *
   * @param id request id, receipt id (its beginning will do) or the order's digest
   * @throws SdkError `unknown-payment`
   */
  async evidence(id: string): Promise<Evidence> {
    const kept = await this.#options.evidence.find(id);
    if (kept !== undefined) return kept;
    throw unknown(id);
  }

  /**
   * What this wallet has deposited, as the chain of the option `rpc` tells it: in every payment channel that it ever opened,
   * whatever its terms and whichever build opened it. Taken back on the settlement contract by `initiateWithdraw` and
   * `finalizeWithdraw` with a deposit's `config`.
   *
   * @throws SdkError `no-wallet` | `usage`; Error when the chain cannot tell
   */
  async deposits(query: DepositQuery = {}): Promise<readonly Deposit[]> {
    const { purse, rpc, fetch } = this.#options;
    if (purse === undefined) {
      throw new SdkError('no-wallet', { what: 'nobody pays here', fix: 'Give the client a wallet.' });
    }
    if (rpc === undefined) {
      throw new SdkError('usage', {
        what: 'deposits are read from the chain, and no JSON-RPC of it is given',
        where: 'rpc',
        fix: 'Name one that you believe: new Assay({ …, rpc }).',
      });
    }
    return depositsOf({ url: rpc, fetch }, purse.address, query);
  }
}

const unknown = (id: string): SdkError =>
  new SdkError('unknown-payment', {
    what: `no payment or order "${id.slice(0, 80)}" is in this client's books`,
    fix: 'List them with assay.payments.list() and assay.payments.orders().',
  });
