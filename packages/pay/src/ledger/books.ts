/** The ledger's state: holds and payment channels, moved by events alone, the same live and at replay. */
import type { ChannelConfig } from '@assay/core/money';
import { LedgerError } from './errors.ts';
import type { ChannelRecord, JournalledEvent, LedgerEvent } from './event.ts';
import { heldBy, type Hold, type HoldState, isOpen, mayBeginAgain } from './hold.ts';

/** A payment channel as the ledger sees it. */
export interface ChannelBooks {
  readonly paymentChannel: string;
  readonly config: ChannelConfig;
  /** All that was captured on it, ever. */
  readonly captured: bigint;
  /** What open holds tie up on it. */
  readonly held: bigint;
  /** The highest voucher seen, and its signature: what can be claimed at most. */
  readonly ceiling: bigint;
  readonly signature: string;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** From which states each event may come; anything else cannot have happened. */
const FROM: { readonly [K in LedgerEvent['kind']]?: readonly HoldState[] } = {
  executing: ['reserved'],
  delivered: ['executing'],
  paid: ['reserved', 'executing', 'delivered'],
  captured: ['delivered'],
  released: ['reserved', 'executing', 'delivered'],
  refunded: ['captured'],
  late: ['released'],
};

/** Holds and channels. */
export class Books {
  readonly #holds = new Map<string, Hold>();
  readonly #channels = new Map<string, Mutable<ChannelBooks>>();
  /** Hold ids by `<payer> <nonce>` of an `exact` authorization: each pays one request. */
  readonly #authorizations = new Map<string, string>();
  readonly #open = new Set<string>();
  #held = 0n;
  #epoch = 0;

  /** The epoch of the newest writer. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What all open holds tie up. */
  get held(): bigint {
    return this.#held;
  }

  hold(id: string): Hold | undefined {
    return this.#holds.get(id);
  }

  channel(paymentChannel: string): ChannelBooks | undefined {
    return this.#channels.get(paymentChannel);
  }

  /** The hold that an `exact` authorization pays. */
  paidBy(payer: string, nonce: string): string | undefined {
    return this.#authorizations.get(`${payer} ${nonce}`);
  }

  *open(): Generator<Hold> {
    for (const id of this.#open) yield this.#get(id);
  }

  *holds(): Generator<Hold> {
    yield* this.#holds.values();
  }

  *channels(): Generator<ChannelBooks> {
    yield* this.#channels.values();
  }

  /** Moves the books. @throws LedgerError `corrupt` for what cannot follow from what is there */
  apply(event: JournalledEvent): void {
    // A writer that was fenced off may have got an event in behind its successor's opening; it was told of none.
    if (event.epoch < this.#epoch) return;
    this.#epoch = event.epoch;
    if (event.kind === 'opened') return;
    if (event.kind === 'snapshot') this.#restore(event.channels, event.holds);
    else if (event.kind === 'reserved') this.#reserve({ ...event.terms, state: 'reserved' });
    else this.#move(event);
  }

  #reserve(hold: Hold): void {
    const before = this.#holds.get(hold.id);
    if (before !== undefined && !mayBeginAgain(before)) {
      throw new LedgerError('corrupt', {
        what: `a second reservation while the first is ${before.state}`,
        where: hold.id,
      });
    }
    const { batch, exact } = hold;
    if (batch !== undefined) this.#see(batch);
    if (exact !== undefined) this.#authorizations.set(`${hold.payer} ${exact.nonce}`, hold.id);
    this.#put(hold);
  }

  #move(event: Exclude<LedgerEvent, { kind: 'opened' | 'snapshot' | 'reserved' }>): void {
    const hold = this.#holds.get(event.id);
    if (hold === undefined || FROM[event.kind]?.includes(hold.state) !== true) {
      throw new LedgerError('corrupt', {
        what: `"${event.kind}" of a hold that is ${hold?.state ?? 'not there'}`,
        where: event.id,
      });
    }
    if (event.kind === 'captured' && hold.batch !== undefined) {
      const channel = this.#channels.get(hold.batch.paymentChannel);
      if (channel !== undefined) channel.captured += BigInt(hold.amount ?? 0);
    }
    this.#put(moved(hold, event));
  }

  /** Replaces a hold, and keeps the sums of what is tied up. */
  #put(hold: Hold): void {
    const before = this.#holds.get(hold.id);
    const change = heldBy(hold) - (before === undefined ? 0n : heldBy(before));
    this.#held += change;
    if (hold.batch !== undefined) {
      const channel = this.#channels.get(hold.batch.paymentChannel);
      if (channel !== undefined) channel.held += change;
    }
    this.#holds.set(hold.id, hold);
    if (isOpen(hold)) this.#open.add(hold.id);
    else this.#open.delete(hold.id);
  }

  /** A voucher was seen: the highest is the one worth claiming. */
  #see({ paymentChannel, config, ceiling, signature }: NonNullable<Hold['batch']>): void {
    const channel = this.#channels.get(paymentChannel);
    const upTo = BigInt(ceiling);
    if (channel === undefined) {
      this.#channels.set(paymentChannel, {
        paymentChannel,
        config,
        captured: 0n,
        held: 0n,
        ceiling: upTo,
        signature,
      });
    } else if (upTo > channel.ceiling) {
      channel.ceiling = upTo;
      channel.signature = signature;
    }
  }

  #restore(channels: readonly ChannelRecord[], holds: readonly Hold[]): void {
    this.#holds.clear();
    this.#channels.clear();
    this.#authorizations.clear();
    this.#open.clear();
    this.#held = 0n;
    for (const { captured, ceiling, ...rest } of channels) {
      const books = { ...rest, captured: BigInt(captured), ceiling: BigInt(ceiling), held: 0n };
      this.#channels.set(rest.paymentChannel, books);
    }
    for (const hold of holds) {
      if (hold.exact !== undefined) this.#authorizations.set(`${hold.payer} ${hold.exact.nonce}`, hold.id);
      this.#put(hold);
    }
  }

  #get(id: string): Hold {
    const hold = this.#holds.get(id);
    if (hold === undefined) throw new LedgerError('unknown', { what: 'there is no such hold', where: id });
    return hold;
  }
}

function moved(hold: Hold, event: Exclude<LedgerEvent, { kind: 'opened' | 'snapshot' | 'reserved' }>): Hold {
  switch (event.kind) {
    case 'executing':
      return { ...hold, state: 'executing' };
    case 'delivered':
      return { ...hold, state: 'delivered', receipt: event.receipt, amount: event.amount };
    case 'late':
      return { ...hold, receipt: event.receipt };
    case 'paid':
      return { ...hold, tx: event.tx };
    case 'captured':
      return {
        ...hold,
        state: 'captured',
        fee: event.fee,
        ...(event.cumulative === undefined ? {} : { cumulative: event.cumulative }),
      };
    case 'released':
      return { ...hold, state: 'released', reason: event.reason };
    case 'refunded':
      return { ...hold, state: 'refunded', refunded: event.amount };
  }
}
