/** The client: asks, checks what comes back, and follows it into the log. Runs in browsers and on Node. */
import { AssayError, freshId } from '@assay/core';
import { PAYMENT_SIGNATURE } from '@assay/pay';
import { checkAnswer, type CheckedAnswer } from './check-answer.ts';
import { firstAnswer } from './failover.ts';
import { type Gateway, refused, type Reply } from './gateway.ts';
import { Inference } from './inference.ts';
import { tensorsOf } from './inputs.ts';
import { checkCharge } from './money/check-charge.ts';
import type { Evidence } from './money/evidence.ts';
import {
  answerRefused,
  keepAnswered,
  keptError,
  notKept,
  orderDeclined,
  orderSent,
} from './money/keep-evidence.ts';
import { LostOrders } from './money/lost-orders.ts';
import { type AlsoOrdered, FREE, type Payment } from './money/payment.ts';
import { Payments } from './money/payments.ts';
import type { Prepared, Quote } from './money/purse.ts';
import { type Price, readPrice } from './money/quote.ts';
import { unpaid, unpayable } from './money/unpaid.ts';
import { trustedNode } from './nodes.ts';
import { decodeAnswer, errorSentence, HEADER_LENGTH } from './oip.ts';
import { type AssayOptions, type Settings, settingsOf } from './options.ts';
import { followProof, type ProvenReceipt } from './proof.ts';
import { type Ask, prepare, type Question } from './question.ts';
import { type Named, readTerms, type Terms } from './terms.ts';

/** A question on its way to one gateway, with its payment. */
interface Going {
  readonly question: Question;
  readonly prepared: Prepared | undefined;
  /** What is known of it until an answer comes. */
  readonly sent: Evidence;
  /** Where else it was ordered, and no answer came. */
  readonly alsoOrdered?: readonly AlsoOrdered[];
}

/** An answer that is paid for, and whether it is for the order in hand. */
interface Booking extends Pick<Going, 'alsoOrdered'> {
  readonly prepared: Prepared;
  readonly isOurs: boolean;
}

const NOTHING: Pick<Going, 'prepared'> = { prepared: undefined };

/** How long a proof is followed before it is given up, in milliseconds. */
const PROOF_MS = 60_000;
/** How long terms are remembered: a price or a decision that moved meanwhile is told with the answer. */
const TERMS_MS = 30_000;

/**
 * Asks models through gateways.
 *
 * @example
 * ```ts
 * import { Assay } from '@assay/sdk';
 *
 * const assay = new Assay({ gateway: 'http://127.0.0.1:7400', policy });
 * const answer = await assay.infer({ model: 'sp500-vol', inputs: { features: [[1.2, 1.1, 1.3, 0.4]] } });
 * answer.values();        // [13.7]
 * await answer.proof();   // in the log, and witnessed
 * ```
 */
export class Assay {
  readonly #settings: Settings;
  /** Payments whose end is known. */
  readonly #ended = new WeakSet<Prepared>();
  readonly #payments: Payments;
  readonly #terms = new Map<string, { readonly until: number; readonly terms: Promise<Terms> }>();

  /** @throws SdkError `usage`; PolicyError */
  constructor(options: AssayOptions) {
    this.#settings = settingsOf(options);
    this.#payments = new Payments(this.#settings);
  }

  /**
   * Asks a model and gives the answer once its receipt holds. Asking again with the same id gives the same answer.
   *
   * @throws SdkError; AssayError of whatever did not verify
   */
  async infer(ask: Ask): Promise<Inference> {
    const { gateways, entropy } = this.#settings;
    const id = ask.id ?? freshId(entropy);
    const begun = new Map<Gateway, Promise<Going>>();
    const lost = new LostOrders();
    const inference = await firstAnswer(
      gateways,
      (gateway) =>
        this.#ask(
          gateway,
          () => {
            // Salts, terms and payment are fixed at the first try, so that a retry is the same request.
            const known = begun.get(gateway);
            if (known !== undefined) return known;
            const going = this.#begin(gateway, ask, id);
            begun.set(gateway, going);
            going.catch(() => begun.delete(gateway));
            return going;
          },
          { end: () => begun.delete(gateway), lost },
        ),
      { ...this.#settings, mayOwe: (gateway) => lost.has(gateway) },
    ).finally(() => this.#letGo(begun));
    if (this.#settings.followProofs) inference.proof().catch(() => undefined);
    return inference;
  }

  /**
   * A `fetch` that pays any x402 v2 server, in the tokens of the option `payable` and within the budget. What such a server
   * answers has no receipt of ours.
   *
   * @throws SdkError `no-wallet` | `price` | `budget` | `payment-refused`
   */
  async fetch(url: string, init?: RequestInit): Promise<Response> {
    const { payFetch } = this.#settings;
    if (payFetch === undefined) throw unpaid(url, 'it has a price');
    return payFetch.fetch(url, init);
  }

  /** What a model's answers cost at the first gateway that tells, verified; undefined where they are free. */
  async priceOf(named: Named): Promise<Price | undefined> {
    const { gateways } = this.#settings;
    return firstAnswer(
      gateways,
      async (gateway) => {
        const { price, model } = await this.#termsOf(gateway, named);
        return price === undefined ? undefined : readPrice(price, model, gateway.url);
      },
      this.#settings,
    );
  }

  /** What was paid for, and what became of it. */
  get payments(): Payments {
    return this.#payments;
  }

  /** What a model's answers are asked and paid by, at the first gateway that tells. @throws SdkError */
  terms(named: Named): Promise<Terms> {
    return firstAnswer(this.#settings.gateways, (gateway) => this.#termsOf(gateway, named), this.#settings);
  }

  /** What a question would cost; nothing is asked and nothing signed. `undefined` where it is free. @throws SdkError */
  async dryRun(ask: Ask): Promise<Quote | undefined> {
    const { gateways, purse } = this.#settings;
    return firstAnswer(
      gateways,
      async (gateway) => {
        const terms = await this.#termsOf(gateway, ask);
        if (terms.price === undefined) return undefined;
        const size = tensorsOf(ask.inputs, terms.inputs).reduce((sum, { bytes }) => sum + bytes.length, 0);
        if (purse === undefined) throw unpaid(gateway.url, 'it has a price');
        return purse.quote(gateway, terms, size);
      },
      this.#settings,
    );
  }

  async #begin(gateway: Gateway, ask: Ask, id: string): Promise<Going> {
    const { entropy, client, key, purse, evidence, clock } = this.#settings;
    const terms = await this.#termsOf(gateway, ask);
    const asking = { client: ask.client ?? client ?? 'anonymous', id, entropy, key };
    const question = prepare(ask, terms, asking);
    const request = { request: id, model: terms.model, gateway: gateway.url, at: clock.now() };
    if (terms.price === undefined)
      return { question, prepared: undefined, sent: orderSent(request, undefined) };
    if (purse === undefined) throw unpaid(gateway.url, 'it has a price');
    const prepared = await purse.prepare(gateway, terms, question);
    const sent = orderSent(request, prepared);
    try {
      await evidence.keep(sent);
    } catch (error) {
      // An order that could be forgotten does not leave.
      await purse.cancelled(prepared, terms.model);
      throw error;
    }
    return { question, prepared, sent };
  }

  /** Asks one gateway. A 402 that tells what we had forgotten is answered once. */
  async #ask(
    gateway: Gateway,
    begin: () => Promise<Going>,
    { end, lost }: { readonly end: () => void; readonly lost: LostOrders },
  ): Promise<Inference> {
    for (let again = false; ; again = true) {
      const going = await begin();
      const { question, prepared } = going;
      const where = gateway.url + question.path;
      const money = prepared === undefined ? {} : { [PAYMENT_SIGNATURE]: prepared.header };
      const { headers, body } = question.message;
      const call = { method: 'POST', headers: { ...headers, ...money }, body } as const;
      const reply = await gateway.call(question.path, call).catch((error: unknown) => {
        lost.failed(gateway, prepared, error);
        throw error;
      });
      if (reply.status === 200) {
        lost.answered(gateway);
        return this.#acceptOrKeep(gateway, { ...going, ...lost.alsoOrdered }, reply);
      }
      end();
      if (prepared !== undefined) await this.#declined(going, prepared, reply);
      if (reply.status !== 402) throw refused(where, reply);
      this.#terms.clear();
      if (prepared === undefined) {
        if (again || this.#settings.purse === undefined) throw unpaid(where, errorSentence(reply.body));
      } else {
        const learned = await this.#settings.purse?.learn(prepared, reply, gateway);
        if (again || learned !== true) throw unpayable(where, errorSentence(reply.body));
      }
    }
  }

  /** What no gateway ended stays set aside: an answer to it may exist. */
  async #letGo(begun: ReadonlyMap<Gateway, Promise<Going>>): Promise<void> {
    for (const going of begun.values()) {
      const { prepared } = await going.catch(() => NOTHING);
      if (prepared !== undefined && !this.#ended.has(prepared)) this.#settings.purse?.lost(prepared);
    }
  }

  async #declined({ question, sent }: Going, prepared: Prepared, { body }: Reply): Promise<void> {
    const { purse, evidence } = this.#settings;
    await purse?.cancelled(prepared, question.asked.model);
    await evidence.keep(orderDeclined(sent, errorSentence(body)));
  }

  /** What does not hold is kept with the reason before anybody hears of it. */
  async #acceptOrKeep(gateway: Gateway, going: Going, reply: Reply): Promise<Inference> {
    try {
      return await this.#accept(gateway, going, reply);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      const { sent } = going;
      await this.#settings.evidence
        .keep(answerRefused(sent, reply, error))
        .catch((cause: unknown) => Promise.reject(notKept(error, cause)));
      throw keptError(error, sent.request);
    }
  }

  async #accept(gateway: Gateway, going: Going, reply: Reply): Promise<Inference> {
    const { question, prepared, sent } = going;
    const { policy, participants, curve, evidence } = this.#settings;
    const where = gateway.url + question.path;
    const answer = decodeAnswer(reply.body, reply.headers.get(HEADER_LENGTH), where);
    const checked = checkAnswer(answer, question, policy);
    const { paymentKey } = await trustedNode(checked.node, gateway, participants);
    const isOurs = prepared === undefined || checked.receipt.order === prepared.order;
    if (prepared !== undefined && isOurs) checkCharge(checked, prepared, { paymentKey, curve });
    const payment =
      prepared === undefined ? FREE : await this.#book(gateway, checked, { ...going, prepared, isOurs });
    if (prepared !== undefined) await keepAnswered(evidence, sent, checked);
    return new Inference({
      checked,
      payment,
      outputs: answer.outputs,
      gateway: gateway.url,
      prove: () => this.#prove(checked.id, checked.entry),
    });
  }

  /** An answer that was given before, for an order that this client has forgotten, costs nothing a second time. */
  async #book(
    gateway: Gateway,
    checked: CheckedAnswer,
    { prepared, isOurs, alsoOrdered }: Booking,
  ): Promise<Payment> {
    const { purse, book, clock } = this.#settings;
    this.#ended.add(prepared);
    const { id, receipt } = checked;
    const { model, version, request } = receipt;
    if (!isOurs) {
      await purse?.cancelled(prepared, model);
      const booked = await book.find(id);
      if (booked !== undefined) return booked;
    }
    const paid = isOurs ? await purse?.paid(prepared, checked) : purse?.paidBefore(prepared, checked);
    if (paid === undefined) return FREE;
    const payment = { ...paid, ...(alsoOrdered === undefined ? {} : { alsoOrdered }) };
    const at = clock.now();
    await book.add({
      ...payment,
      receipt: id,
      request: request.id,
      model,
      version,
      gateway: gateway.url,
      at,
    });
    return payment;
  }

  #prove(id: string, entry: Uint8Array): Promise<ProvenReceipt> {
    return followProof(id, entry, { ...this.#settings, timeoutMs: PROOF_MS });
  }

  #termsOf(gateway: Gateway, { model, channel, version }: Named): Promise<Terms> {
    const now = this.#settings.clock.now();
    const key = JSON.stringify([gateway.url, model, channel, version]);
    const known = this.#terms.get(key);
    if (known !== undefined && known.until > now) return known.terms;
    const terms = readTerms(gateway, { model, channel, version });
    this.#terms.set(key, { until: now + TERMS_MS, terms });
    terms.catch(() => this.#terms.delete(key));
    return terms;
  }
}
