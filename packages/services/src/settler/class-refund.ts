/** Class refunds: an upheld incident's affected charges go back to their payers, once, and the log says so (PROTOCOL 7.6). */
import { type Predicate, signStatement } from '@assay/core';
import { bytes32Of, evmHex, indexBits, merkleProof } from '@assay/core/money';
import { type PayerClaim, type Refunded, type RefundPlan, SettleError, settleRefund } from '@assay/pay/node';
import { isUpheldFor, type RefundContent, refundContent } from '@assay/views';
import type { Settlement, SettlementParts } from './settlement.ts';

/** Where a refund stands. */
export interface RefundOutcome {
  readonly incident: string;
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

/** Refunds of one settler, one at a time. */
export class ClassRefunds {
  readonly #parts: SettlementParts & { readonly appended: Appender };
  readonly #settlement: Settlement;
  /** What this process logged: it stands from then on, though the log has not brought it back yet. */
  readonly #said = new Map<string, RefundOutcome['logged']>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: SettlementParts & { readonly appended: Appender }, settlement: Settlement) {
    this.#parts = parts;
    this.#settlement = settlement;
  }

  /**
   * Refunds an incident, and resolves once it is paid out and logged. One that was begun before goes on as it was begun.
   *
   * @throws SettleError `not-upheld` | `nothing-to-refund` | `unposted` | `other-refund`; TxError, RpcError
   */
  refund(incident: string): Promise<RefundOutcome> {
    const done = this.#turn.then(() => this.#refund(incident));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Goes on with refunds that a process before this one proposed and did not finish. */
  async resume(): Promise<void> {
    for (const { incident, size } of this.#begun()) {
      if (this.#loggedOf(incident) !== undefined) continue;
      const { state } = await this.#parts.chain.settler.reads.refund(bytes32Of(incident));
      // Vetoed, or never mined: nobody asked for it again.
      if (state === 'none') continue;
      this.#parts.log.info({ incident, size }, 'going on with a refund');
      await this.refund(incident);
    }
  }

  async #refund(incident: string): Promise<RefundOutcome> {
    const { books } = this.#parts;
    const begun = this.#begun().find((each) => each.incident === incident);
    const size = begun?.size ?? books.timeline.witnessedSize;
    if (begun === undefined) {
      // Charges can be given back only once their batch is posted and logged.
      await this.#settlement.round();
      this.#assertUpheld(incident, size);
    }
    const content = this.#content(incident, size);
    if (content.unposted.length > 0 && begun === undefined) {
      throw new SettleError('unposted', {
        what: `${content.unposted.length} affected charges stand in no batch that witnesses have seen yet`,
        fix: 'Ask again in a moment.',
      });
    }
    if (content.charges.length === 0) {
      throw new SettleError('nothing-to-refund', {
        what: 'no charge in the scope of this incident is still to be given back',
        fix: 'See "assay pay list" for what was charged, and "assay reach" for what is affected.',
      });
    }
    const refunded = await this.#execute(incident, size, content);
    const logged = await this.#say({ incident, size, content, refunded });
    return {
      incident,
      size,
      count: content.charges.length,
      total: content.total,
      shortfall: refunded.shortfall,
      receipts: content.charges.map(({ charge }) => charge.output.id),
      txs: [...refunded.made, ...refunded.paid],
      logged,
    };
  }

  #execute(incident: string, size: number, content: RefundContent): Promise<Refunded> {
    const { chain, config } = this.#parts;
    const { reads } = chain.settler;
    const of = { reads, outbox: chain.outbox, vault: config.chain.vault, label: `${incident} ${size}` };
    return settleRefund(of, planOf(incident, content, config.chain.treasury), claimsOf(incident, content));
  }

  async #say(of: {
    readonly incident: string;
    readonly size: number;
    readonly content: RefundContent;
    readonly refunded: Refunded;
  }): Promise<RefundOutcome['logged']> {
    const { identity, appended, config, chain } = this.#parts;
    const { incident, size, content, refunded } = of;
    const before = this.#loggedOf(incident);
    if (before !== undefined) return { id: before.id, index: before.index };
    const predicate: Predicate<'refund'> = {
      incident,
      size: String(size),
      network: chain.network,
      vault: config.chain.vault,
      root: content.root,
      count: String(content.charges.length),
      total: String(content.total),
      shortfall: String(refunded.shortfall),
      txs: [...refunded.made, ...refunded.paid].slice(0, 3),
    };
    const logged = await appended(signStatement('refund', predicate, identity.signer));
    this.#said.set(incident, logged);
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

  #content(incident: string, size: number): RefundContent {
    const { books, config, chain } = this.#parts;
    const { network } = chain;
    return refundContent(books.money, {
      incident,
      size,
      network,
      vault: config.chain.vault,
      affected: books.affected,
    });
  }

  /** Refunds that were proposed: the outbox remembers of which scope. */
  #begun(): { incident: string; size: number }[] {
    return this.#parts.chain.outbox.startingWith('propose ').flatMap(({ key, mined }) => {
      const [, incident, size] = key.split(' ');
      return incident === undefined || mined?.reverted === true ? [] : [{ incident, size: Number(size) }];
    });
  }

  #loggedOf(incident: string): { id: string; index: number } | undefined {
    const { books, config } = this.#parts;
    const read = books.money.refunds.find(
      ({ predicate }) => predicate.incident === incident && predicate.vault === config.chain.vault,
    );
    return read ?? this.#said.get(incident);
  }
}

/** Appends to the log and says where. */
type Appender = (entry: Uint8Array) => Promise<{ readonly id: string; readonly index: number }>;

/** The waterfall: nodes' held credits, then fees, then the stake of nodes (PROTOCOL 7.6). */
function planOf(incident: string, { charges, root, total }: RefundContent, treasury: string): RefundPlan {
  const nodes = new Map<string, bigint>();
  const fees = new Map<number, bigint>();
  const stakes = new Map<string, bigint>();
  for (const { charge, batch } of charges) {
    const key = `${batch} ${charge.nodeAddress}`;
    nodes.set(key, (nodes.get(key) ?? 0n) + charge.amount - charge.fee);
    fees.set(batch, (fees.get(batch) ?? 0n) + charge.fee);
    stakes.set(charge.nodeAddress, (stakes.get(charge.nodeAddress) ?? 0n) + charge.amount);
  }
  const takes = Array.from(nodes, ([key, amount]) => {
    const [batch = '', account = ''] = key.split(' ');
    return { batch: Number(batch), account, amount };
  });
  const feeTakes = Array.from(fees, ([batch, amount]) => ({ batch, account: treasury, amount }));
  return {
    incident: bytes32Of(incident),
    root,
    total,
    count: charges.length,
    takes: [...takes, ...feeTakes].filter(({ amount }) => amount > 0n),
    stakes: Array.from(stakes, ([account, amount]) => ({ account, amount })),
  };
}

function claimsOf(incident: string, { payers, leaves }: RefundContent): PayerClaim[] {
  return payers.map(({ payer, amount, receipts }, i) => ({
    incident: bytes32Of(incident),
    payer,
    amount,
    bits: indexBits(receipts),
    proof: merkleProof(leaves, i).map(evmHex),
    anyIndex: receipts[0] ?? 0,
  }));
}
