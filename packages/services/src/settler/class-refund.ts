/** Class refunds: an upheld incident's affected charges go back to their payers, once, and the log says so (PROTOCOL 7.6). */
import { type Predicate, signStatement } from '@assay/core';
import { refundId } from '@assay/core/money';
import { type Refunded, SettleError, settleRefund, type TxRecord, vetoed } from '@assay/pay/node';
import { isUpheldFor, type RefundContent, refundContent } from '@assay/views';
import { claimsOf, planOf } from './refund-plan.ts';
import { RefundVetoes } from './refund-vetoes.ts';
import type { Settlement, SettlementParts } from './settlement.ts';

/** One refund of an incident. */
export interface RefundRound {
  /** From 1; further ones are for charges that came to light later. */
  readonly round: number;
  /** Log size as of which its scope was taken. */
  readonly size: number;
  readonly count: number;
  readonly total: bigint;
  readonly shortfall: bigint;
  /** Receipts whose charges were given back. */
  readonly receipts: readonly string[];
  /** Transactions that made it claimable and paid it out. */
  readonly txs: readonly string[];
  /** Record id and log index of the `refund` statement. */
  readonly logged: { readonly id: string; readonly index: number };
}

/** Where the refunds of an incident stand: the newest, and those before it. */
export interface RefundOutcome extends RefundRound {
  readonly incident: string;
  readonly earlier: readonly RefundRound[];
}

/** Which refund. */
interface RefundName {
  readonly incident: string;
  readonly round: number;
  readonly size: number;
}

/** A refund that is logged. */
interface LoggedRefund extends RefundName {
  readonly id: string;
  readonly index: number;
  readonly shortfall: bigint;
  readonly txs: readonly string[];
}

/** A refund that was proposed, and the transaction that did. */
interface Begun extends RefundName {
  readonly sent: TxRecord;
}

/** Appends to the log and says where. */
type Appender = (entry: Uint8Array) => Promise<{ readonly id: string; readonly index: number }>;

/** Refunds of one settler, one at a time. */
export class ClassRefunds {
  readonly #parts: SettlementParts & { readonly appended: Appender };
  readonly #settlement: Settlement;
  /** What this process logged: it stands from then on, though the log has not brought it back yet. */
  readonly #said: LoggedRefund[] = [];
  readonly #vetoes: RefundVetoes;
  readonly #toldVetoed = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: SettlementParts & { readonly appended: Appender }, settlement: Settlement) {
    this.#parts = parts;
    this.#settlement = settlement;
    this.#vetoes = new RefundVetoes(parts);
  }

  /**
   * Refunds an incident, and resolves once it is paid out and logged. One that was begun before goes on as it was begun;
   * charges that came to light since the last one are given back in a further round.
   *
   * @throws SettleError `not-upheld` | `nothing-to-refund` | `unposted` | `veto-window` | `vetoed` | `other-refund`;
   * TxError, RpcError
   */
  refund(incident: string): Promise<RefundOutcome> {
    return this.#inTurn(() => this.#refund(incident));
  }

  /** Goes on with refunds that were proposed and are not finished, whichever process proposed them. */
  resume(): Promise<void> {
    return this.#inTurn(() => this.#resume());
  }

  async #resume(): Promise<void> {
    for (const begun of this.#begun()) {
      if (this.#isLogged(begun)) continue;
      if (await this.#isVetoed(begun)) {
        await this.#tellVetoed(begun);
        continue;
      }
      try {
        await this.#finish(begun);
      } catch (error) {
        // It waits for its window to end, and nobody else waits for it.
        if (!(error instanceof SettleError) || error.code !== 'veto-window') throw error;
      }
    }
  }

  async #refund(incident: string): Promise<RefundOutcome> {
    const begun = this.#begun().findLast((each) => each.incident === incident);
    const isStopped = begun !== undefined && !this.#isLogged(begun) && (await this.#isVetoed(begun));
    if (begun !== undefined && !this.#isLogged(begun) && !isStopped)
      return this.#outcome(incident, await this.#finish(begun));
    // What an earlier refund gives back, or that it was stopped, is logged before the scope of a further one is taken.
    await this.#resume();
    // Charges can be given back only once their batch is posted and logged.
    await this.#settlement.round();
    const size = this.#parts.books.timeline.witnessedSize;
    const last = this.#logged(incident).at(-1);
    if (last !== undefined && last.index >= size) return this.#outcome(incident, await this.#finish(last));
    this.#assertUpheld(incident, size);
    const next: RefundName = { incident, round: (last?.round ?? 0) + 1, size };
    const content = this.#content(next);
    if (last !== undefined && content.charges.length + content.unposted.length === 0)
      return this.#outcome(incident, await this.#finish(last));
    this.#assertReady(content, size);
    if (isStopped && sameCharges(content, this.#content(begun))) throw vetoed({ incident });
    return this.#outcome(incident, await this.#finish(next));
  }

  /** @throws SettleError `unposted` | `nothing-to-refund` */
  #assertReady(content: RefundContent, size: number): void {
    const unwitnessed = this.#logged().some(({ index }) => index >= size);
    if (content.unposted.length > 0 || unwitnessed) {
      throw new SettleError('unposted', {
        what: unwitnessed
          ? 'witnesses have not seen the refund before this one yet'
          : `${content.unposted.length} affected charges stand in no batch that witnesses have seen yet`,
        fix: 'Ask again in a moment.',
      });
    }
    if (content.charges.length > 0) return;
    throw new SettleError('nothing-to-refund', {
      what: 'no charge in the scope of this incident is still to be given back',
      fix: 'See "assay pay list" for what was charged, and "assay reach" for what is affected.',
    });
  }

  /** Brings a refund to its end, from wherever it stands. */
  async #finish(of: RefundName): Promise<RefundRound> {
    const content = this.#content(of);
    const refunded = await this.#execute(of, content);
    const { id, index, shortfall, txs } = await this.#say(of, content, refunded);
    return { ...roundOf(of, content), shortfall, txs, logged: { id, index } };
  }

  #outcome(incident: string, newest: RefundRound): RefundOutcome {
    const before = this.#logged(incident).filter(({ round }) => round < newest.round);
    const earlier = before.map((each) => ({
      ...roundOf(each, this.#content(each)),
      shortfall: each.shortfall,
      txs: each.txs,
      logged: { id: each.id, index: each.index },
    }));
    return { incident, ...newest, earlier };
  }

  #execute({ incident, round, size }: RefundName, content: RefundContent): Promise<Refunded> {
    const { chain, config } = this.#parts;
    const { reads } = chain.settler;
    const name = refundId(incident, round);
    const label = `${labelOf(incident, round)} ${size}`;
    const of = { reads, outbox: chain.outbox, vault: config.chain.vault, label };
    return settleRefund(of, planOf(name, content, config.chain.treasury), claimsOf(name, content));
  }

  async #say(of: RefundName, content: RefundContent, refunded: Refunded): Promise<LoggedRefund> {
    const { identity, appended, config, chain } = this.#parts;
    const { incident, round, size } = of;
    const before = this.#logged(incident).find((each) => each.round === round);
    if (before !== undefined) return before;
    const { shortfall } = refunded;
    const txs = [...refunded.made, ...refunded.paid].slice(0, 3);
    const predicate: Predicate<'refund'> = {
      incident,
      ...(round === 1 ? {} : { round: String(round) }),
      size: String(size),
      network: chain.network,
      vault: config.chain.vault,
      root: content.root,
      count: String(content.charges.length),
      total: String(content.total),
      shortfall: String(shortfall),
      txs,
    };
    const { id, index } = await appended(signStatement('refund', predicate, identity.signer));
    const logged: LoggedRefund = { incident, round, size, id, index, shortfall, txs };
    this.#said.push(logged);
    return logged;
  }

  /** @throws SettleError `not-upheld` for an incident behind which the owner of a charged model does not stand */
  #assertUpheld(incident: string, size: number): void {
    const { timeline, money } = this.#parts.books;
    const affected = this.#parts.books.affected(incident, size);
    const models = new Set(
      money.charges.filter(({ output }) => affected.has(output.id)).map(({ output }) => output.receipt.model),
    );
    for (const model of models) {
      if (isUpheldFor(timeline, { incident, model, size })) continue;
      throw new SettleError('not-upheld', {
        what: `the owner of ${model} neither opened nor endorsed this incident, so it moves no money`,
        fix: 'The owner endorses it, or opens one of its own.',
      });
    }
  }

  #content({ incident, round, size }: RefundName): RefundContent {
    const { books, config, chain } = this.#parts;
    const { network } = chain;
    const { vault } = config.chain;
    const of = { incident, round, size, network, vault, settler: this.#parts.address };
    return refundContent(books.money, { ...of, affected: books.affected });
  }

  /** Refunds that were proposed, in order: the outbox remembers of which scope. */
  #begun(): Begun[] {
    return this.#parts.chain.outbox.startingWith('propose ').flatMap((sent) => {
      const [, label = '', size] = sent.key.split(' ');
      const [incident = '', round = '1'] = label.split('#');
      return sent.mined?.reverted === true
        ? []
        : [{ incident, round: Number(round), size: Number(size), sent }];
    });
  }

  #isLogged({ incident, round }: RefundName): boolean {
    return this.#logged(incident).some((each) => each.round === round);
  }

  /** Proposed for good, and the vault knows of it no more. */
  async #isVetoed({ incident, round, sent }: Begun): Promise<boolean> {
    if (sent.state !== 'confirmed') return false;
    const { state } = await this.#parts.chain.settler.reads.refund(refundId(incident, round));
    return state === 'none';
  }

  /** Once it is final: until then a veto may still be undone by the chain. */
  async #tellVetoed({ incident, round, sent }: Begun): Promise<void> {
    if (this.#toldVetoed.has(sent.key) || (await this.#vetoes.say(incident, round)) === 0) return;
    this.#toldVetoed.add(sent.key);
    this.#parts.log.warn({ incident, round }, 'the vetoer stopped a refund; nothing of it is given back');
  }

  /** Refunds that are logged, of an incident or of all, in the order of the log. */
  #logged(incident?: string): readonly LoggedRefund[] {
    const { books, config, chain } = this.#parts;
    const read = books.money.refunds
      .filter(
        ({ address, predicate: { vault, network } }) =>
          address === this.#parts.address && vault === config.chain.vault && network === chain.network,
      )
      .map(({ id, index, predicate }): LoggedRefund => {
        const { round = '1', size, shortfall, txs } = predicate;
        const of = { incident: predicate.incident, round: Number(round), size: Number(size) };
        return { ...of, id, index, shortfall: BigInt(shortfall), txs };
      });
    const said = this.#said.filter(({ id }) => !read.some((each) => each.id === id));
    return [...read, ...said].filter((each) => incident === undefined || each.incident === incident);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** What an outbox's key calls a refund: the incident, and the round where it is not the first. */
const labelOf = (incident: string, round: number): string =>
  round === 1 ? incident : `${incident}#${round}`;

const receiptsOf = ({ charges }: RefundContent): readonly string[] =>
  charges.map(({ charge }) => charge.output.id);

const sameCharges = (a: RefundContent, b: RefundContent): boolean =>
  receiptsOf(a).join(' ') === receiptsOf(b).join(' ');

const roundOf = ({ round, size }: RefundName, content: RefundContent) => ({
  round,
  size,
  count: content.charges.length,
  total: content.total,
  receipts: receiptsOf(content),
});
