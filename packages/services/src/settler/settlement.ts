/**
 * Settlement, as a settler does it every period: what the log says was captured becomes money in the vault and credits
 * of nodes, and is logged. Each round begins with what the chain and the log say, so it goes on after any end.
 */
import { type Clock, signStatement, type Predicate } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { anchorCheckpoint, type CapturedChannel, postedAfter } from '@assay/pay/node';
import {
  batchContent,
  type BatchContent,
  type ChannelStanding,
  type ChargeRecord,
  type SettledRecord,
} from '@assay/views';
import type { Logger } from 'pino';
import type { ChainSide } from './chain-side.ts';
import type { SettlerConfig } from './config.ts';
import { ExactReturns } from './exact-returns.ts';
import { Funding } from './funding.ts';
import { portionEnd } from './portion.ts';
import type { LoggedCheckpoint, SettlerBooks } from './settler-books.ts';
import { anchorSignatures } from './witness-signatures.ts';

/** What settlement works with. */
export interface SettlementParts {
  readonly config: SettlerConfig;
  readonly books: SettlerBooks;
  readonly chain: ChainSide;
  readonly identity: Identity;
  /** Its address on the chain: charges whose price names it are its to settle. */
  readonly address: string;
  readonly clock: Clock;
  /** Reads the log to its end. */
  readonly catchUp: () => Promise<void>;
  /** Appends to the log; safe to repeat. */
  readonly append: (entry: Uint8Array) => Promise<unknown>;
  readonly log: Logger;
}

/** What a round did. */
export interface Settled {
  /** Number of the last batch that was posted; absent when there was nothing to post. */
  readonly batch?: number;
  readonly charges: number;
  readonly total: bigint;
}

/** A batch that is to be made. */
interface Range {
  readonly number: number;
  /** Log sizes. */
  readonly from: number;
  readonly to: number;
}

/** Charges that one statement may withhold: its schema's most. */
const MOST_WITHHELD = 128;

const NOTHING: Settled = { charges: 0, total: 0n };

/** Settles; one round at a time. */
export class Settlement {
  readonly #parts: SettlementParts;
  /** Number of the newest batch that this process logged: it may not have come back from the log yet. */
  #said = 0;
  readonly #returns: ExactReturns;
  readonly #funding: Funding;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    const { books, chain, clock, config } = parts;
    this.#returns = new ExactReturns(parts);
    this.#funding = new Funding({
      money: books.money,
      client: chain.client,
      reads: chain.settler.reads,
      vault: config.chain.vault,
      clock,
      addressOf: (keyId) => books.addressOf(keyId),
      patience: config.terms.settlementPeriod * 1_000,
    });
  }

  /** One round. @throws SettleError, TxError, RpcError, LogClientError: the next round goes on where this one ended */
  async round(): Promise<Settled> {
    const { chain, books } = this.#parts;
    await chain.outbox.look();
    await this.#logPosted();
    const checkpoint = books.checkpoint;
    // What is on its way decides where the next batch begins.
    if (checkpoint === undefined || chain.outbox.open.length > 0) return NOTHING;
    const { batchCount, coveredTo } = await chain.settler.reads.state();
    const size = await this.#anchored(coveredTo, checkpoint);
    let settled = NOTHING;
    for (let [number, from] = [batchCount + 1, coveredTo]; from < size; number++) {
      const posted = await this.#settle({ number, from, to: size });
      if (posted === undefined) break;
      from = posted.to;
      await this.#logPosted();
      const { charges, total } = settled;
      settled = { batch: number, charges: charges + posted.charges.length, total: total + posted.total };
    }
    return settled;
  }

  /** Claims what was captured on these payment channels so far, batched or not: their payers are about to leave. */
  async claimNow(paymentChannels: ReadonlySet<string>): Promise<bigint> {
    const { books, chain } = this.#parts;
    const all = this.#content({ number: 0, from: 0, to: books.timeline.size }).channels;
    const leaving = all.filter(({ paymentChannel }) => paymentChannels.has(paymentChannel));
    return (await chain.settler.claim(leaving.map(captured))).claimed;
  }

  /** The size to settle up to: an anchored one that covers everything there is, else the newest, anchored now. */
  async #anchored(from: number, checkpoint: LoggedCheckpoint): Promise<number> {
    const { chain } = this.#parts;
    const anchored = await chain.settler.reads.anchoredSize(chain.originHash);
    const open = this.#content({ number: 0, from, to: checkpoint.size });
    const last = Math.max(open.charges.at(-1)?.index ?? -1, open.returns.at(-1)?.index ?? -1);
    if (last === -1 || anchored > last) return Math.max(anchored, from);
    await this.#anchor(checkpoint);
    return checkpoint.size;
  }

  async #anchor({ size, root, note }: LoggedCheckpoint): Promise<void> {
    const { chain, config, log } = this.#parts;
    const signatures = await anchorSignatures(note, {
      urls: config.witnesses.map(({ url }) => url),
      chainId: config.chain.chainId,
      vault: config.chain.vault,
      onRefusal: (url, reason) => log.info({ url, err: reason }, 'a witness did not sign for the anchor'),
    });
    const parts = {
      outbox: chain.outbox,
      anchor: config.chain.anchor,
      domain: chain.domain,
      witnesses: new Set(config.witnesses.map(({ address }) => address)),
      quorum: config.quorum,
    };
    const { origin } = config.log;
    await anchorCheckpoint(parts, { origin, originHash: chain.originHash, size, root }, signatures);
  }

  /** Brings the money of a range's beginning in and posts it; undefined when there is nothing to post, or only later. */
  async #settle(range: Range): Promise<BatchContent | undefined> {
    const { settler } = this.#parts.chain;
    const content = await this.#funded(range);
    if (content === undefined) return undefined;
    const { number, from, to, root, channelsRoot, credits, captures } = content;
    await settler.post({
      number,
      from,
      to,
      count: content.charges.length,
      root,
      channelsRoot,
      credits,
      captures,
    });
    return content;
  }

  /**
   * As much of the range as one batch may take, its money claimed and swept. Charges whose money is not there are waited
   * for at first, and what comes behind them with them; then they are withheld.
   */
  async #funded(range: Range): Promise<BatchContent | undefined> {
    const { settler } = this.#parts.chain;
    for (;;) {
      const content = this.#portion(range);
      // Claimed or returned twice is claimed or returned once: after a crash all of it is asked for again.
      const { standing } = await settler.claim(content.channels.map(captured));
      await settler.sweep();
      await this.#returns.giveBack(content.returns);
      const { young, due } = await this.#funding.unfunded(content, standing);
      if (due.length > 0) {
        if (await this.#withheld(due.slice(0, MOST_WITHHELD))) continue;
        return undefined;
      }
      const [first] = young;
      const ready = first === undefined ? content : this.#content({ ...range, to: first.index });
      return ready.charges.length === 0 ? undefined : ready;
    }
  }

  /** Says that these charges stay out; whether the log has brought that back. */
  async #withheld(charges: readonly ChargeRecord[]): Promise<boolean> {
    const { append, books, catchUp, chain, config, identity, log } = this.#parts;
    const ids = charges.map(({ id }) => id);
    const predicate = { network: chain.network, vault: config.chain.vault, charges: ids };
    await append(signStatement('charge.withhold', predicate, identity.signer));
    log.warn({ charges: ids }, 'charges whose money is not there stay out of batches');
    await catchUp();
    return charges.every((charge) => books.money.settlements.isWithheld(charge));
  }

  /** Logs batches that stand in the vault and not in the log: this round's, and one that a crash left unsaid. */
  async #logPosted(): Promise<void> {
    const { books, chain, config } = this.#parts;
    const { vault, confirmations, deployedAt } = config.chain;
    const { batchCount } = await chain.settler.reads.state();
    const logged = Number(books.money.batches.findLast(this.#isOurs)?.predicate.number ?? 0);
    const after = Math.max(logged, this.#said);
    if (batchCount <= after) return;
    for (const { number, from, to, root, tx } of await postedAfter(chain.client, {
      vault,
      after,
      confirmations,
      deployedAt,
    })) {
      const content = this.#content({ number, from, to });
      if (content.root !== root) {
        this.#parts.log.error(
          { number, posted: root, log: content.root },
          'the vault has a batch that the log does not give',
        );
        return;
      }
      await this.#say(content, tx);
    }
  }

  async #say(content: BatchContent, tx: string): Promise<void> {
    const { identity, append, log } = this.#parts;
    const { number, network, vault, from, to, root, total, channelsRoot, treasury, credits } = content;
    const predicate: Predicate<'batch'> = {
      number: String(number),
      network,
      vault,
      from: String(from),
      to: String(to),
      root,
      count: String(content.charges.length),
      total: String(total),
      channelsRoot,
      treasury,
      credits: credits.map((credit) => ({ to: credit.to, amount: String(credit.amount) })),
      tx,
    };
    await append(signStatement('batch', predicate, identity.signer));
    this.#said = number;
    log.info({ batch: number, charges: content.charges.length, total: String(total) }, 'settled');
  }

  /** As much of the range as one batch may take. */
  #portion(range: Range): BatchContent {
    const all = this.#content(range);
    const end = portionEnd(all.charges, this.#parts.config.batch);
    return end === undefined ? all : this.#content({ ...range, to: end });
  }

  #content(range: Range): BatchContent {
    const { vault, treasury } = this.#parts.config.chain;
    return batchContent(this.#parts.books.money, {
      ...range,
      vault,
      treasury,
      network: this.#parts.chain.network,
      settler: this.#parts.address,
    });
  }

  readonly #isOurs = ({ address, predicate }: SettledRecord<'batch'>): boolean =>
    address === this.#parts.address &&
    predicate.vault === this.#parts.config.chain.vault &&
    predicate.network === this.#parts.chain.network;
}

const captured = ({ paymentChannel, steps, voucher }: ChannelStanding): CapturedChannel => ({
  paymentChannel,
  steps,
  claim: {
    config: voucher.config,
    voucher: {
      maxClaimableAmount: BigInt(voucher.voucher.maxClaimableAmount),
      signature: voucher.voucher.signature,
    },
  },
});
