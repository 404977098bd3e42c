/**
 * The till: what is asked to pay, verified, reserved before a node is asked, and delivered in one write with the answer.
 *
 * The order is the point. A stored answer is found before anything is verified; nothing runs that is not reserved; money
 * that must be on the chain is there before a node is asked; and the answer and its hold become durable together.
 */
import {
  type Clock,
  hex,
  hmacSha256,
  type Predicate,
  type Signer,
  signStatement,
  unixSeconds,
  utf8,
} from '@assay/core';
import {
  type ChannelFacts,
  type Hold,
  type HoldTerms,
  LedgerError,
  type PaymentLedger,
  PayError,
  type Secp256k1,
  termsOf,
  type VerifiedPayment,
  verifyPayment,
  writeHeader,
} from '@assay/pay';
import { RpcError, TxError } from '@assay/pay/node';
import type { Registry } from '@assay/views';
import type { PublishedPrice } from '@assay/views';
import type { PriceBooks } from '../../money/index.ts';
import type { Chosen, DeliveryLedger, Given, GivenPayment } from '../delivery-ledger.ts';
import { GatewayError } from '../gateway-error.ts';
import type { NodeAnswer } from '../try-nodes.ts';
import type { ChainAccess } from './chain-access.ts';
import { checkOrder } from './check-order.ts';
import type { MoneyConfig } from './money-config.ts';
import type { Carry } from './money-journal.ts';
import { offersFor } from './offers.ts';
import { type PaidQuestion, type SentPayment, signatureHash } from './paid-question.ts';
import { paymentResponse } from './payment-response.ts';
import { refusalOf } from './refusals.ts';

/** What a till works with. */
export interface CashierOptions {
  readonly money: MoneyConfig;
  readonly chain: ChainAccess;
  readonly ledger: PaymentLedger<Carry>;
  readonly deliveries: DeliveryLedger;
  readonly prices: PriceBooks;
  readonly registry: Registry;
  /** Which other gateway keeps the books of a payment channel, if one does. */
  readonly userOf: (paymentChannel: string, salt: string) => Promise<string | undefined>;
  /** Signs statements; its key names whose prices count here. */
  readonly signer: Signer;
  readonly gateway: string;
  /** Under which request identities stand in the money journal: erased content must not be guessable from it. */
  readonly secret: Uint8Array;
  readonly clock: Clock;
  readonly curve: Secp256k1;
  /** Told of each receipt that is now owed for. */
  readonly onDelivered: (id: string, receipt: Predicate<'output.receipt'>) => void;
}

/** For how many milliseconds a reservation may wait to share the write of the answer that it is for. */
const RESERVED_WITHIN_MS = 20;

/** A verified payment, by which terms it is held, and what the chain says of its channel. */
interface Admitted {
  readonly paid: VerifiedPayment;
  readonly terms: HoldTerms;
  readonly channel: ChannelFacts | undefined;
}

/** The till of one gateway. */
export class Cashier {
  readonly #options: CashierOptions;

  constructor(options: CashierOptions) {
    this.#options = options;
  }

  /** What an answer of `model` costs here; undefined where it is free. */
  priceOf(model: string): PublishedPrice | undefined {
    return this.#options.prices.newest(this.#options.gateway, model);
  }

  /** The answer to a question, once it is paid for. @throws PaymentRefusal, GatewayError */
  async serve(question: PaidQuestion): Promise<Given> {
    const { deliveries } = this.#options;
    const { sent, identity } = question;
    if (sent === undefined) throw this.#refusal(question, undefined);
    const stored = deliveries.given(identity);
    if (stored?.payment?.signature === signatureHash(sent.header)) return stored;
    try {
      const admitted = await this.#admit(question, sent);
      // Whatever the books say, nothing waits between looking for the request and claiming it.
      return await deliveries.once(
        identity,
        () => this.#work(question, admitted),
        (chosen) => this.#keep(admitted, chosen, sent.header),
      );
    } catch (error) {
      throw this.#translated(question, error);
    }
  }

  /** Verifies everything that was signed, and puts a deposit onto the chain. @throws PayError, TxError, RpcError */
  async #admit(question: PaidQuestion, { payment }: SentPayment): Promise<Admitted> {
    const { chain, clock, curve, money, registry } = this.#options;
    const requirement = offersFor({ ...question, money, inputBytes: question.inputSize }).find(
      ({ scheme }) => scheme === payment.scheme,
    );
    if (requirement === undefined)
      throw new PayError('scheme', { what: `"${payment.scheme}" is not offered` });
    const id =
      payment.scheme === 'batch-settlement'
        ? (payment.payload.voucher.channelId as `0x${string}`)
        : undefined;
    let channel = id === undefined ? undefined : await chain.channel(id);
    const context = { requirement, now: unixSeconds(clock), curve };
    const paid = verifyPayment(payment, { ...context, ...(channel === undefined ? {} : { channel }) });
    if (paid.scheme === 'batch-settlement') await this.#assertOurs(paid);
    if (paid.order !== undefined) checkOrder(paid.order, question, registry);
    if (paid.scheme === 'batch-settlement' && paid.deposit !== undefined) {
      channel = await chain.deposit(paid.paymentChannel, paid.config, paid.deposit);
    }
    return { paid, terms: termsOf(paid, this.#termsContext(question)), channel };
  }

  /** What a payment channel has been charged, two gateways cannot both count. @throws PayError `terms` */
  async #assertOurs(paid: { paymentChannel: string; config: { salt: string } }): Promise<void> {
    const { paymentChannel, config } = paid;
    const user = await this.#options.userOf(paymentChannel, config.salt);
    if (user === undefined) return;
    throw new PayError('terms', {
      what: `the payment channel ${paymentChannel} is charged by another gateway (${user})`,
      where: 'payload.voucher.channelId',
      fix: 'Open a payment channel of its own for this gateway, by another salt.',
    });
  }

  /** Reserves, makes sure of the money, and asks nodes. */
  async #work(question: PaidQuestion, { paid, terms, channel }: Admitted): Promise<NodeAnswer> {
    const { ledger, clock } = this.#options;
    const isNew = ledger.hold(terms.id) === undefined;
    const limits = {
      now: unixSeconds(clock),
      ...(channel === undefined ? {} : { balance: channel.balance }),
    };
    const isVoucher = isNew && paid.scheme === 'batch-settlement';
    const begun = ledger.begin(terms, limits, isVoucher ? { withinMs: RESERVED_WITHIN_MS } : undefined);
    // A voucher's reservation stands in the books as of now. It becomes durable while the node works, or in one write
    // with a fast answer, before which it stands in the journal: a crash that forgets it has told nobody, and the order
    // in hand still pays for this one request only. Anything else waits.
    if (isVoucher && ledger.hold(terms.id) !== undefined) {
      // What cannot be written here cannot be written behind it either: the answer is not given then.
      begun.catch(() => undefined);
      return this.#ask(question, paid, terms.id);
    }
    const { hold, mine } = await begun;
    if (!mine) throw done(hold);
    await this.#collect(hold, paid);
    return this.#ask(question, paid, hold.id);
  }

  async #ask(question: PaidQuestion, paid: VerifiedPayment, id: string): Promise<NodeAnswer> {
    const { curve, registry } = this.#options;
    const { price } = question;
    try {
      return await question.ask(
        {
          ...(paid.order === undefined ? {} : { order: paid.order.hash }),
          priceBook: price.id,
          max: String(paid.max),
        },
        { price, paymentKeyOf: (node) => registry.participants.get(node)?.paymentKey, curve },
      );
    } catch (error) {
      await this.#giveUp(id, error);
      throw error;
    }
  }

  /** An `exact` payment is in the vault, and held there, before a node is asked. */
  async #collect(hold: Hold, paid: VerifiedPayment): Promise<void> {
    if (paid.scheme !== 'exact' || hold.tx !== undefined) return;
    const { chain, ledger } = this.#options;
    try {
      await ledger.paid(hold.id, await chain.acceptExact(paid.authorization));
    } catch (error) {
      if (error instanceof TxError && (error.code === 'would-revert' || error.code === 'reverted')) {
        await ledger.release(hold.id, 'no-output', this.#sign);
      } else ledger.abandon(hold.id);
      throw error;
    }
  }

  /** Where a node may have made an output all the same, a retry takes the work up, or the deadline ends it. */
  async #giveUp(id: string, error: unknown): Promise<void> {
    const { ledger } = this.#options;
    const isCertain = error instanceof GatewayError && error.code !== 'nodes-failed';
    if (isCertain) await ledger.release(id, 'no-output', this.#sign);
    else ledger.abandon(id);
  }

  /** The answer, and that it is owed for, in one durable write (PROTOCOL 5.3). */
  async #keep({ terms: { id }, channel }: Admitted, chosen: Chosen, header: string): Promise<GivenPayment> {
    const { ledger, onDelivered } = this.#options;
    const hold = ledger.hold(id);
    if (hold === undefined) throw new LedgerError('unknown', { what: 'the hold is gone', where: id });
    const { receiptId: receipt, receipt: said } = chosen.node.answer;
    const amount = BigInt(said.amount ?? 0);
    const cumulative =
      hold.batch === undefined
        ? undefined
        : ledger.baseOf(hold.batch.paymentChannel) - BigInt(hold.max) + amount;
    const response = writeHeader(paymentResponse({ hold, receipt, amount, cumulative, channel }));
    const payment = { signature: signatureHash(header), response };
    const { meta, body, placed } = chosen;
    onDelivered(receipt, said);
    await ledger.deliver(id, { receipt, amount }, { meta: { ...meta, payment }, body, placed });
    return payment;
  }

  #termsContext({ head, identity, price }: PaidQuestion): Parameters<typeof termsOf>[1] {
    const { secret, clock, money } = this.#options;
    return {
      paymentId: head.id,
      requestHash: hex(hmacSha256(secret, utf8(identity.hash))),
      priceBook: price.id,
      feeBps: price.book.feeBps,
      deadline: unixSeconds(clock) + money.offerSeconds,
    };
  }

  readonly #sign = (release: Parameters<typeof signStatement<'release'>>[1]): Carry => ({
    entry: signStatement('release', release, this.#options.signer),
  });

  #translated(question: PaidQuestion, error: unknown): unknown {
    if (error instanceof PayError || error instanceof LedgerError || error instanceof TxError)
      return this.#refusal(question, error);
    if (!(error instanceof RpcError)) return error;
    const fix = 'Ask again with the same id; nothing is paid twice.';
    return new GatewayError('chain', { what: error.what, cause: error, fix });
  }

  #refusal(question: PaidQuestion, error: PayError | LedgerError | TxError | undefined): Error {
    const { ledger, money } = this.#options;
    return refusalOf({ question, error, ledger, money });
  }
}

/** The request ended, and its answer is not kept any more. */
const done = (hold: Hold): GatewayError =>
  new GatewayError('id-reused', {
    what: `the request ${hold.requestId} of ${hold.payer} was answered before (${hold.state}), and the answer is not kept any more`,
    where: 'id',
    fix: 'Ask again under a new request id.',
  });
