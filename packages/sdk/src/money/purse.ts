/** Pays for questions: prices them, keeps to the budget, deposits once, signs orders and vouchers, and books what came of it. */
import { type Clock, type Entropy, hex, unixSeconds } from '@assay/core';
import {
  type Address,
  ASSAY_ORDER,
  assayDomain,
  bytes32Of,
  feeOf,
  type Order,
  orderDigest,
  type PaymentPayload,
  type PaymentRequirement,
  priceOf,
  type SignedOrder,
  writeHeader,
} from '@assay/pay';
import type { CheckedAnswer } from '../check-answer.ts';
import { SdkError } from '../errors.ts';
import type { Gateway, Reply } from '../gateway.ts';
import type { Question } from '../question.ts';
import type { Terms } from '../terms.ts';
import { atomic, decimalText } from './amounts.ts';
import type { Spending } from './budget.ts';
import { OpenedChannels } from './opened-channels.ts';
import type { Payment } from './payment.ts';
import type { PaymentChannel, SignedVoucher } from './payment-channel.ts';
import { offeredAmount, type Price, readPrice } from './quote.ts';
import type { MoneyStore } from './store.ts';
import type { Wallet } from './wallet.ts';

/** What a purse is made with. */
export interface PurseOptions {
  readonly wallet: Wallet;
  readonly spending: Spending;
  readonly store: MoneyStore;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** What is deposited at once, in whole tokens; the gateway's smallest when that is more. */
  readonly deposit: string;
}

/** A payment that is ready to go out with its question. */
export interface Prepared {
  /** The text of PAYMENT-SIGNATURE. */
  readonly header: string;
  readonly price: Price;
  readonly channel: PaymentChannel;
  readonly quoted: bigint;
  readonly max: bigint;
  readonly ceiling: bigint;
  readonly order: string;
  /** The order and the voucher as they leave. */
  readonly signed: SignedOrder;
  readonly voucher: SignedVoucher;
  /** What is deposited with it, if anything. */
  readonly deposit: bigint;
  /** Lets those go on who wait for the deposit. */
  readonly settled: () => void;
}

/** What a question would cost. */
export interface Quote {
  readonly model: string;
  /** Whole tokens, as decimal text: if the output were empty, and at most. */
  readonly least: string;
  readonly most: string;
  readonly symbol: string;
  /** What would be deposited first; `0` when the deposit suffices. */
  readonly deposit: string;
}

/** Seconds for which an order is good: the receipt must be witnessed by then. */
const ORDER_SECONDS = 900;

/** One wallet's money. */
export class Purse {
  readonly #options: PurseOptions;
  readonly #channels: OpenedChannels;
  /** Prices are verified once: none moves while its terms stand. */
  readonly #prices = new WeakMap<Terms, Price>();

  constructor(options: PurseOptions) {
    this.#options = options;
    this.#channels = new OpenedChannels(options);
  }

  get address(): Address {
    return this.#options.wallet.owner.address;
  }

  /** What a question would cost; nothing is signed. @throws SdkError `price` */
  async quote(gateway: Gateway, terms: Terms, inputBytes: number): Promise<Quote> {
    const price = this.#priceOf(gateway, terms);
    const { decimals, symbol } = price.token;
    const { channel } = await this.#channels.of(gateway, price, batchOffer(price, gateway.url));
    const most = offeredAmount(price, inputBytes);
    const text = (amount: bigint): string => decimalText(amount, decimals);
    return {
      model: terms.model,
      least: text(leastOf(price, inputBytes)),
      most: text(most),
      symbol,
      deposit: text(this.#depositFor(price, channel, channel.committed + most)),
    };
  }

  /**
   * Signs an order for a question, and a voucher that covers it. The first time, and when the deposit runs low, a deposit
   * comes with it; others wait until that has arrived.
   *
   * @throws SdkError `price` | `budget`
   */
  async prepare(gateway: Gateway, terms: Terms, question: Question): Promise<Prepared> {
    const { spending, clock, entropy } = this.#options;
    const price = this.#priceOf(gateway, terms);
    const { decimals } = price.token;
    const inputBytes = question.inputs.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const quoted = offeredAmount(price, inputBytes);
    const max = spending.most(quoted, decimals);
    const least = leastOf(price, inputBytes);
    if (least > max) throw tooDear(least, max, price);
    await spending.reserve(terms.model, max, decimals);
    const offer = { ...batchOffer(price, gateway.url), amount: String(quoted) };
    const { channel, turns } = await this.#channels.of(gateway, price, offer);
    const settled = await turns.enter();
    if (!channel.isKnown) await this.#channels.ask(gateway, channel);
    const ceiling = await channel.commit(max);
    const deposit = this.#depositFor(price, channel, ceiling);
    if (deposit === 0n) settled();
    const now = unixSeconds(clock);
    const order = await this.#order(question, terms, { price, channel, max, now });
    const voucher = await channel.voucher(ceiling);
    const payload: PaymentPayload = {
      x402Version: 2,
      resource: { url: gateway.url + question.path },
      accepted: offer,
      payload: {
        type: deposit === 0n ? 'voucher' : 'deposit',
        channelConfig: channel.config,
        voucher,
        ...(deposit === 0n ? {} : { deposit: await channel.deposit(deposit, now, entropy.bytes(32)) }),
      },
      extensions: { [ASSAY_ORDER]: { info: order.info } },
    };
    return {
      header: writeHeader(payload),
      price,
      channel,
      quoted,
      max,
      ceiling,
      order: order.hash,
      signed: order.signed,
      voucher,
      deposit,
      settled,
    };
  }

  /** The answer is there: what was not charged is ours again. */
  async paid(prepared: Prepared, { receipt }: CheckedAnswer): Promise<Payment> {
    const { channel, max, quoted, price, deposit, ceiling, order } = prepared;
    const charged = BigInt(receipt.amount ?? 0);
    if (deposit > 0n) await channel.deposited(deposit);
    prepared.settled();
    await channel.end(max, charged);
    await this.#options.spending.giveBack(receipt.model, max - charged);
    return {
      ...this.#paymentOf(price, charged, order),
      quoted: String(quoted),
      reserved: String(max),
      released: String(max - charged),
      voucher: { paymentChannel: channel.id, ceiling: String(ceiling) },
    };
  }

  /** What is known of the payment of an answer that was ordered and paid for before, by a client that forgot it. */
  paidBefore({ price }: Prepared, { receipt }: CheckedAnswer): Payment {
    return this.#paymentOf(price, BigInt(receipt.amount ?? 0), receipt.order ?? '');
  }

  #paymentOf({ book, id }: Price, charged: bigint, order: string): Payment {
    const fee = feeOf(book, charged);
    return {
      status: 'held',
      quoted: String(charged),
      reserved: String(charged),
      charged: String(charged),
      released: '0',
      split: { node: String(charged - fee), gateway: String(fee) },
      order,
      network: book.network,
      asset: book.asset,
      payer: this.address,
      priceBook: id,
    };
  }

  /** Nothing came of it, and nothing is owed. */
  async cancelled({ channel, max, settled, deposit }: Prepared, model: string): Promise<void> {
    // A deposit may have arrived all the same: whoever pays next asks how the channel stands.
    if (deposit > 0n) channel.doubt();
    settled();
    await channel.end(max, 0n);
    await this.#options.spending.giveBack(model, max);
  }

  /** Whether anything came of it is not known: the money stays set aside, and the same request may be asked again. */
  lost({ channel, max, settled }: Prepared): void {
    settled();
    channel.lose(max);
  }

  /** Learns from a 402 what this client had forgotten. Whether asking again has a point. */
  learn({ channel }: Prepared, reply: Reply, gateway: Gateway): Promise<boolean> {
    return this.#channels.learn(channel, reply, gateway);
  }

  #priceOf(gateway: Gateway, terms: Terms): Price {
    const known = this.#prices.get(terms);
    if (known !== undefined) return known;
    const price = readPrice(terms.price ?? null, terms.model, gateway.url);
    this.#prices.set(terms, price);
    return price;
  }

  /** What must be deposited so that a voucher up to `ceiling` is covered; 0 when it is. */
  #depositFor({ offers, token }: Price, channel: PaymentChannel, ceiling: bigint): bigint {
    const missing = ceiling - channel.balance;
    if (missing <= 0n) return 0n;
    const announced = BigInt(String(offers[0]?.extra['minDeposit'] ?? 0));
    const wanted = atomic(this.#options.deposit, token.decimals);
    return [announced, wanted].reduce((most, each) => (each > most ? each : most), missing);
  }

  async #order(
    question: Question,
    { target }: Terms,
    { price, channel, max, now }: { price: Price; channel: PaymentChannel; max: bigint; now: number },
  ): Promise<{ info: Record<string, unknown>; hash: string; signed: SignedOrder }> {
    const { wallet } = this.#options;
    const vault = price.book.vault as Address;
    const order: Order = {
      paymentChannel: channel.id,
      requestId: question.asked.id,
      requestHash: bytes32Of(question.requestHash),
      channel: 'pin' in target ? '' : target.channel,
      target: bytes32Of('pin' in target ? target.pin : target.decision),
      priceBook: bytes32Of(price.id),
      maxAmount: String(max),
      deadline: String(now + ORDER_SECONDS),
    };
    const digest = orderDigest(assayDomain(price.chainId, vault), order);
    const signature = await wallet.session.sign(digest);
    const signed = { ...order, signature, by: wallet.session.address };
    const { channel: name, target: to, priceBook } = order;
    return {
      info: { vault, priceBook, channel: name, target: to, order: signed },
      hash: hex(digest),
      signed,
    };
  }
}

const leastOf = ({ book }: Price, inputBytes: number): bigint =>
  priceOf(book, { inputBytes: String(inputBytes), outputBytes: '0' });

function batchOffer({ offers }: Price, where: string): PaymentRequirement {
  const offer = offers.find(({ scheme }) => scheme === 'batch-settlement');
  if (offer !== undefined) return offer;
  throw new SdkError('price', {
    what: 'the gateway does not offer scheme batch-settlement',
    where,
    fix: 'Ask another gateway.',
  });
}

const tooDear = (least: bigint, max: bigint, { token }: Price): SdkError =>
  new SdkError('budget', {
    what: `the answer costs at least ${decimalText(least, token.decimals)} ${token.symbol}, and the budget lets one request cost ${decimalText(max, token.decimals)}`,
    where: 'budget.perRequest',
    fix: 'Raise budget.perRequest, or ask for less at once.',
  });
