/** Everything about money in one gateway, opened from its outbox and kept going. */
import { base64, type Clock, type Entropy, hmacSha256, type LogRecord, utf8 } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { chainIdOf, type JournalledEvent, openLedger, type PaymentLedger } from '@assay/pay';
import { loadSecp256k1 } from '@assay/pay/node';
import type { Logger } from 'pino';
import type { Follower } from '../../follow/index.ts';
import type { LogClient } from '../../log-client/index.ts';
import type { PublishedPrice } from '@assay/views';
import { PriceBooks } from '../../money/index.ts';
import type { Item, Outbox } from '../../outbox/index.ts';
import type { DeliveryLedger } from '../delivery-ledger.ts';
import { Captures } from './captures.ts';
import { Cashier } from './cashier.ts';
import { ChainAccess } from './chain-access.ts';
import { ForeignCharges } from './foreign-charges.ts';
import { leafProof } from './leaf-proof.ts';
import type { MoneyConfig } from './money-config.ts';
import { type Carry, eventsOf, moneyJournal } from './money-journal.ts';
import { MoneyRecords } from './money-records.ts';
import { offersFor } from './offers.ts';

/** What a till is made with. */
export interface TillOptions {
  /** Absent where the gateway takes no money; it knows prices all the same. */
  readonly money: MoneyConfig | undefined;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Logger;
  readonly view: Follower;
  /** The log, to read published prices from. */
  readonly logClient: LogClient;
}

/** How often deadlines are looked at when nothing else happens, in milliseconds. */
const TEND_MS = 1_000;

/** Money in one gateway. */
export class Till {
  readonly prices = new PriceBooks();
  readonly records: MoneyRecords;
  readonly #options: TillOptions;
  readonly #events: JournalledEvent[] = [];
  readonly #entries = new Map<string, string>();
  #open:
    | { ledger: PaymentLedger<Carry>; cashier: Cashier; captures: Captures; chain: ChainAccess }
    | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TillOptions) {
    this.#options = options;
    this.records = new MoneyRecords(options.identity.keyId, options.money?.receiverAuthorizer);
  }

  /** Takes up a record of the outbox while that is opened. */
  recover(item: Item): void {
    this.#events.push(...eventsOf(item));
  }

  /** Looks at a record that the log brought. */
  note(record: LogRecord): void {
    const { registry } = this.#options.view;
    this.prices.note(record, registry);
    this.records.note(record, registry);
  }

  /** Undefined until money is taken. */
  get cashier(): Cashier | undefined {
    return this.#open?.cashier;
  }

  /** What an answer of `model` costs here. */
  priceOf(model: string): PublishedPrice | undefined {
    return this.prices.newest(this.#options.identity.keyId, model);
  }

  /**
   * Replays the ledger and takes money from then on. What an earlier process left half done is found by its request, or
   * ended by its deadline; an `exact` payment that reached the chain and not the ledger is booked first.
   */
  async start(outbox: Outbox, deliveries: DeliveryLedger): Promise<void> {
    const { money, identity, clock, log, view } = this.#options;
    if (money === undefined) return;
    const chainId = chainIdOf(money.network);
    const ledger = await openLedger<Carry>({
      journal: moneyJournal(outbox),
      events: this.#events.splice(0),
      maxUnwitnessedExposure: BigInt(money.maxUnwitnessedExposure),
    });
    const chain = new ChainAccess({ money, chainId, secret: identity.paymentSecret, clock, log });
    for (const hold of [...ledger.in('reserved'), ...ledger.in('executing')]) {
      const { exact, payer, tx, id } = hold;
      const paid = exact === undefined || tx !== undefined ? undefined : chain.exactPaid(payer, exact.nonce);
      if (paid !== undefined) await ledger.paid(id, paid);
    }
    for (const { receipt } of ledger.in('delivered'))
      if (receipt !== undefined) deliveries.deliveredBeforeCrash(receipt);
    chain.start();
    const { signer, keyId: gateway } = identity;
    const { prices, records } = this;
    const foreign = new ForeignCharges({
      registry: view.registry,
      records,
      indexOf: (id) => view.indexOf(id),
      entryAt: (index) => this.#entryAt(index),
      gateway,
      peers: money.peers,
    });
    const cashier = new Cashier({
      money,
      chain,
      ledger,
      deliveries,
      prices,
      registry: view.registry,
      userOf: (paymentChannel, salt) => foreign.userOf(paymentChannel, salt),
      signer,
      gateway,
      secret: hmacSha256(identity.paymentSecret, utf8('assay gateway money journal')),
      clock,
      curve: loadSecp256k1((line) => log.warn(line)),
      onDelivered: (id, receipt) => captures.delivered(id, receipt),
    });
    const captures: Captures = new Captures({
      ledger,
      view,
      receiptEntry: (id) => deliveries.receiptEntry(id),
      isDelivered: (id) => deliveries.isDelivered(id),
      isLeftToAnother: (payer, requestId) => foreign.isLeftToAnother(payer, requestId),
      signer,
      clock,
      onFailure: (error) => log.error({ err: error }, 'capturing'),
    });
    this.#open = { ledger, cashier, captures, chain };
    view.onAdvance(() => void captures.tend());
    this.#timer = setInterval(() => void captures.tend(), TEND_MS);
  }

  /** What terms say of a model's price: the signed book, and the offers for an empty input; undefined where it is free. */
  async terms(model: string): Promise<object | undefined> {
    const { money } = this.#options;
    const price = this.priceOf(model);
    if (price === undefined || money === undefined) return undefined;
    return {
      id: price.id,
      entry: await this.#entryOf(price),
      token: money.token,
      outputAllowanceKib: money.outputAllowanceKib,
      accepts: offersFor({ price, money, inputBytes: 0 }),
    };
  }

  /** What is known of a payment channel: on the chain, and here; undefined where no money is taken. */
  async channel(id: `0x${string}`): Promise<object | undefined> {
    if (this.#open === undefined) return undefined;
    const { chain, ledger } = this.#open;
    const { balance, totalClaimed } = await chain.channel(id);
    const books = ledger.channel(id);
    return {
      balance: String(balance),
      totalClaimed: String(totalClaimed),
      cumulative: String(ledger.baseOf(id)),
      ...(books === undefined
        ? {}
        : { voucher: { maxClaimableAmount: String(books.ceiling), signature: books.signature } }),
    };
  }

  /** Siblings from a settled charge's leaf to its batch's root, as its settler gives them; undefined without one. */
  async leafProof(receipt: string): Promise<unknown> {
    const { money, view, log } = this.#options;
    if (money === undefined) return undefined;
    return leafProof(receipt, {
      registry: view.registry,
      settler: money.receiverAuthorizer,
      onRefusal: (url, reason) => log.info({ url, err: reason }, 'the settler gave no proof of a charge'),
    });
  }

  /** Writes what still matters into the newest segment, so that older ones may go. */
  async compact(): Promise<void> {
    await this.#open?.ledger.compact(Math.floor(this.#options.clock.now() / 1_000));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#open?.captures.tend();
    await this.#open?.chain[Symbol.asyncDispose]();
  }

  async #entryOf({ id, index }: PublishedPrice): Promise<string> {
    const kept = this.#entries.get(id) ?? base64(await this.#entryAt(index));
    this.#entries.set(id, kept);
    return kept;
  }

  /** @throws LogClientError when the log does not give what it gave before */
  async #entryAt(index: number): Promise<Uint8Array> {
    for await (const [entry] of this.#options.logClient.entries(index, index + 1))
      if (entry !== undefined) return entry;
    throw new TypeError(`the log has no entry ${index}, which was read before`);
  }
}
