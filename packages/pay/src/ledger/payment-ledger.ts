/**
 * The payment ledger: what is reserved, delivered, captured and let go, for one writer (facts: single writer per payment
 * channel; parallel requests on one channel; exactly once by payer and request id).
 *
 * Every command decides and moves the books in one turn of the event loop, so that the next one sees it, and resolves
 * once the journal has it. A crash between the two leaves an event that nobody was told of, which replay either finds
 * (the request goes on from there) or does not (it never happened). The journal is the truth; this is a fold of it.
 */
import type { Predicate } from '@assay/core';
import { feeOf } from '@assay/core/money';
import { Books, type ChannelBooks } from './books.ts';
import { LedgerError } from './errors.ts';
import type { ChannelRecord, JournalledEvent, LedgerEvent } from './event.ts';
import { type Hold, type HoldTerms, isOpen, mayBeginAgain, type ReleaseReason } from './hold.ts';
import type { MoneyJournal } from './journal.ts';
import { assertReservable, type Limits } from './reservable.ts';
import { chargeOf, releaseOf } from './statements.ts';

/** How a ledger is opened. */
export interface LedgerOptions<Carry> {
  readonly journal: MoneyJournal<Carry>;
  /** Everything that the journal holds, oldest first. */
  readonly events: Iterable<JournalledEvent>;
  /** The most that may be held without a witness having seen it (PROTOCOL 4.3), in atomic units. */
  readonly maxUnwitnessedExposure: bigint;
}

/** What was found or made for a request. */
export interface Reservation {
  readonly hold: Hold;
  /** Whether the caller has the work: true for one caller at a time, and never once the output exists. */
  readonly mine: boolean;
}

/** Opens a ledger on a journal: replays it, and takes it over from whoever wrote before. */
export async function openLedger<Carry>(options: LedgerOptions<Carry>): Promise<PaymentLedger<Carry>> {
  const books = new Books();
  for (const event of options.events) books.apply(event);
  const ledger = new PaymentLedger(books, options);
  await ledger.takeOver();
  return ledger;
}

/** The open ledger; see `openLedger`. */
export class PaymentLedger<Carry> {
  readonly #books: Books;
  readonly #journal: MoneyJournal<Carry>;
  readonly #limit: bigint;
  readonly #epoch: number;
  /** Holds that somebody in this process works on. */
  readonly #working = new Set<string>();
  /** The newest write; the journal keeps their order, so that behind it everything is durable. */
  #written: Promise<void> = Promise.resolve();
  #broken: unknown;

  constructor(books: Books, { journal, maxUnwitnessedExposure }: LedgerOptions<Carry>) {
    this.#books = books;
    this.#journal = journal;
    this.#limit = maxUnwitnessedExposure;
    this.#epoch = books.epoch + 1;
  }

  /** Writes this ledger's epoch, which fences off earlier writers. */
  takeOver(): Promise<void> {
    return this.#commit([{ kind: 'opened' }]);
  }

  hold(id: string): Hold | undefined {
    return this.#books.hold(id);
  }

  channel(paymentChannel: string): ChannelBooks | undefined {
    return this.#books.channel(paymentChannel);
  }

  channels(): Iterable<ChannelBooks> {
    return this.#books.channels();
  }

  holds(): Iterable<Hold> {
    return this.#books.holds();
  }

  /** Holds in a state; for what is to be captured, released or carried on after a start. */
  in(state: 'reserved' | 'executing' | 'delivered'): readonly Hold[] {
    return Array.from(this.#books.open()).filter((hold) => hold.state === state);
  }

  /** What is held and not yet captured, over all payers. */
  get exposure(): bigint {
    return this.#books.held;
  }

  /**
   * The amount above which a payer's next voucher must go: captured and held. A release lowers it again.
   */
  baseOf(paymentChannel: string): bigint {
    const channel = this.#books.channel(paymentChannel);
    return channel === undefined ? 0n : channel.captured + channel.held;
  }

  /**
   * Claims a payer's request id and reserves what it may cost at most, before anybody is asked.
   *
   * A request that is known is given back as it stands, so that a retry goes on with it or gets its answer.
   *
   * @param limits what the chain says, and what time it is
   * @throws LedgerError `conflict` | `spent` | `replayed` | `expired` | `ceiling` | `balance` | `exposure` | `broken`
   */
  async reserve(terms: HoldTerms, limits: Limits): Promise<Reservation> {
    return this.#claim(terms, limits, [{ kind: 'reserved', terms }]);
  }

  /** A node is about to be asked: from now on an output may exist. @throws LedgerError `state` */
  async execute(id: string): Promise<Hold> {
    if (this.#in(id, 'reserved', 'executing').state === 'reserved')
      await this.#commit([{ kind: 'executing', id }]);
    return this.#must(id);
  }

  /**
   * `reserve` and `execute` in one durable write: the ordinary path. In the books it stands as soon as this is called.
   *
   * @throws LedgerError as `reserve`
   */
  async begin(terms: HoldTerms, limits: Limits, carry?: Carry): Promise<Reservation> {
    const events = [
      { kind: 'reserved', terms },
      { kind: 'executing', id: terms.id },
    ] as const;
    const found = await this.#claim(terms, limits, events, carry);
    return found.mine && found.hold.state === 'reserved'
      ? { hold: await this.execute(terms.id), mine: true }
      : found;
  }

  /** The caller gives the work up without knowing how it ended; a retry may take it, the deadline ends it. */
  abandon(id: string): void {
    this.#working.delete(id);
  }

  /**
   * An output exists and its price is known. `carry` is the answer: one write makes both durable (PROTOCOL 5.3). When the
   * hold has ended in between (its deadline passed), the answer is kept all the same and the hold stays released.
   *
   * @throws LedgerError `state` | `amount`
   */
  async deliver(
    id: string,
    output: { readonly receipt: string; readonly amount: bigint },
    carry?: Carry,
  ): Promise<Hold> {
    const hold = this.#in(id, 'executing', 'released');
    if (output.amount < 0n || output.amount > BigInt(hold.max)) {
      throw new LedgerError('amount', {
        what: `the output costs ${output.amount}, and at most ${hold.max} was agreed`,
        where: id,
      });
    }
    this.#working.delete(id);
    const { receipt } = output;
    if (hold.state === 'released') {
      if (hold.receipt === undefined) await this.#commit([{ kind: 'late', id, receipt }], carry);
      return this.#must(id);
    }
    await this.#commit([{ kind: 'delivered', id, receipt, amount: String(output.amount) }], carry);
    return this.#must(id);
  }

  /** An `exact` payment was sent to the chain. Before it is, its transaction is durable here. */
  async paid(id: string, tx: string, carry?: Carry): Promise<Hold> {
    const hold = this.#in(id, 'reserved', 'executing', 'delivered');
    if (hold.exact === undefined) {
      throw new LedgerError('state', {
        what: 'only an exact payment has a transaction of its own',
        where: id,
      });
    }
    await this.#commit([{ kind: 'paid', id, tx }], carry);
    return this.#must(id);
  }

  /**
   * The receipt is in a witnessed checkpoint: the amount is captured (PROTOCOL 4.3, 7.1 are judged by the caller).
   *
   * @param sign makes the entry that goes into the same write
   * @throws LedgerError `state`
   */
  async capture(id: string, sign: (charge: Predicate<'charge'>) => Carry): Promise<Hold> {
    const hold = this.#in(id, 'delivered');
    const amount = BigInt(hold.amount ?? 0);
    const fee = feeOf(hold, amount);
    const channel = hold.batch === undefined ? undefined : this.#books.channel(hold.batch.paymentChannel);
    const voucher = channel === undefined ? undefined : { ...channel, cumulative: channel.captured + amount };
    const carry = sign(chargeOf(hold, fee, voucher));
    const cumulative = voucher === undefined ? {} : { cumulative: String(voucher.cumulative) };
    await this.#commit([{ kind: 'captured', id, fee: String(fee), ...cumulative }], carry);
    return this.#must(id);
  }

  /**
   * Nothing will be charged: what was held is free again.
   *
   * @param sign makes the entry that goes into the same write; not called where nothing is to be said
   * @throws LedgerError `state`
   */
  async release(
    id: string,
    reason: ReleaseReason,
    sign: (release: Predicate<'release'>) => Carry,
  ): Promise<Hold> {
    const hold = this.#in(id, 'reserved', 'executing', 'delivered');
    if (reason === 'no-output' && hold.receipt !== undefined) {
      throw new LedgerError('state', { what: 'there is an output', where: id });
    }
    const said = releaseOf(hold, reason);
    this.#working.delete(id);
    await this.#commit([{ kind: 'released', id, reason }], said === undefined ? undefined : sign(said));
    return this.#must(id);
  }

  /**
   * Releases every open hold whose deadline has passed (PROTOCOL 4.3). Capture what is witnessed first.
   *
   * @param now Unix seconds
   */
  async expire(now: number, sign: (release: Predicate<'release'>) => Carry): Promise<readonly Hold[]> {
    const due = Array.from(this.#books.open()).filter(({ deadline }) => deadline < now);
    return Promise.all(due.map(({ id }) => this.release(id, 'expired', sign)));
  }

  /** What was captured was given back, whole or in part. @throws LedgerError `state` | `amount` */
  async refund(id: string, amount: bigint): Promise<Hold> {
    const hold = this.#in(id, 'captured');
    if (amount < 0n || amount > BigInt(hold.amount ?? 0)) {
      throw new LedgerError('amount', {
        what: `${amount} is more than was charged (${hold.amount})`,
        where: id,
      });
    }
    await this.#commit([{ kind: 'refunded', id, amount: String(amount) }]);
    return this.#must(id);
  }

  /**
   * Writes everything that still matters into one event, after which older ones may go. Ended holds whose deadline is
   * before `before` (Unix seconds) are forgotten: their orders can buy nothing any more.
   */
  async compact(before: number): Promise<void> {
    const holds = Array.from(this.#books.holds()).filter((hold) => isOpen(hold) || hold.deadline >= before);
    const channels = Array.from(this.#books.channels(), recordOf);
    await this.#commit([{ kind: 'snapshot', channels, holds }]);
  }

  /** One turn of the event loop decides whose the request is. */
  async #claim(
    terms: HoldTerms,
    limits: Limits,
    events: readonly LedgerEvent[],
    carry?: Carry,
  ): Promise<Reservation> {
    if (this.#broken !== undefined) throw this.#fault();
    const known = this.#books.hold(terms.id);
    if (known !== undefined && !mayBeginAgain(known)) return this.#again(known, terms, limits.now);
    assertReservable(terms, { ...limits, books: this.#books, maxExposure: this.#limit });
    this.#working.add(terms.id);
    await this.#commit(events, carry);
    return { hold: this.#must(terms.id), mine: true };
  }

  async #again(known: Hold, terms: HoldTerms, now: number): Promise<Reservation> {
    assertSameRequest(known, terms);
    const undone = known.state === 'reserved' || known.state === 'executing';
    const mine = undone && known.deadline >= now && !this.#working.has(known.id);
    if (mine) this.#working.add(known.id);
    // What stands in the books may still be on its way to the disk, and nobody is told of it before it is there.
    await this.#written;
    if (this.#broken !== undefined) throw this.#fault();
    return { hold: known, mine };
  }

  #must(id: string): Hold {
    const hold = this.#books.hold(id);
    if (hold === undefined) throw new LedgerError('unknown', { what: 'there is no such hold', where: id });
    return hold;
  }

  #in(id: string, ...states: readonly Hold['state'][]): Hold {
    const hold = this.#must(id);
    if (states.includes(hold.state)) return hold;
    throw new LedgerError('state', {
      what: `the hold is ${hold.state}, not ${states.join(' or ')}`,
      where: id,
    });
  }

  /** Moves the books, then makes it durable. A failed write leaves books that nobody may see: the ledger is done. */
  async #commit(events: readonly LedgerEvent[], carry?: Carry): Promise<void> {
    if (this.#broken !== undefined) throw this.#fault();
    const journalled = events.map((event) => ({ ...event, epoch: this.#epoch }));
    for (const event of journalled) this.#books.apply(event);
    const write = this.#journal.append(journalled, carry);
    this.#written = write.catch(() => undefined);
    try {
      await write;
    } catch (cause) {
      this.#broken ??= cause;
      throw this.#fault();
    }
  }

  #fault(): LedgerError {
    if (this.#broken instanceof LedgerError) return this.#broken;
    return new LedgerError('broken', {
      what: 'the journal could not be written',
      fix: 'Open the ledger anew; what was not durable was told to nobody.',
      cause: this.#broken,
    });
  }
}

/** @throws LedgerError `conflict` | `spent` */
function assertSameRequest(known: Hold, { id, payer, requestId, requestHash }: HoldTerms): void {
  if (known.requestHash !== requestHash) {
    throw new LedgerError('conflict', {
      what: `${payer} used the request id ${requestId} before, for something else`,
      where: 'request id',
      fix: 'Give each request an id of its own; a retry must ask for exactly the same.',
    });
  }
  if (known.state !== 'released' || known.receipt !== undefined) return;
  throw new LedgerError('spent', {
    what: `the request ended as "${known.reason}" and its money is free again`,
    where: id,
    fix: 'Ask again under a new request id.',
  });
}

function recordOf({ paymentChannel, config, captured, ceiling, signature }: ChannelBooks): ChannelRecord {
  return { paymentChannel, config, captured: String(captured), ceiling: String(ceiling), signature };
}
