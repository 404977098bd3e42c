/**
 * Settlement, as a settler does it every period: what the log says was captured becomes money in the vault and credits
 * of nodes, and is logged. Each round begins with what the chain and the log say, so it goes on after any end.
 */
import { signStatement, type Predicate } from '@assay/core';
import type { Identity } from '@assay/core/node';
import { anchorCheckpoint, type CapturedChannel, postedAfter, SettleError } from '@assay/pay/node';
import { batchContent, type BatchContent, type ChannelStanding } from '@assay/views';
import type { Logger } from 'pino';
import type { ChainSide } from './chain-side.ts';
import type { SettlerConfig } from './config.ts';
import { ExactReturns } from './exact-returns.ts';
import { portionEnd } from './portion.ts';
import type { LoggedCheckpoint, SettlerBooks } from './settler-books.ts';
import { anchorSignatures } from './witness-signatures.ts';

/** What settlement works with. */
export interface SettlementParts {
  readonly config: SettlerConfig;
  readonly books: SettlerBooks;
  readonly chain: ChainSide;
  readonly identity: Identity;
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

const NOTHING: Settled = { charges: 0, total: 0n };

/** Settles; one round at a time. */
export class Settlement {
  readonly #parts: SettlementParts;
  /** Numbers of batches that were logged by this process and have not come back from the log yet. */
  readonly #said = new Set<number>();
  readonly #returns: ExactReturns;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
    this.#returns = new ExactReturns(parts);
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
      const content = this.#portion({ number, from, to: size });
      if (content.charges.length + content.returns.length > 0) await this.#settle(content);
      from = content.to;
      // Only the last portion can be without a charge, and is posted with those that come.
      if (content.charges.length === 0) break;
      await this.#logPosted();
      const { charges, total } = settled;
      settled = { batch: number, charges: charges + content.charges.length, total: total + content.total };
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

  async #settle(content: BatchContent): Promise<void> {
    const { settler } = this.#parts.chain;
    // Claimed or returned twice is claimed or returned once: after a crash all of it is asked for again.
    const { short } = await settler.claim(content.channels.map(captured));
    await settler.sweep();
    if (short.length > 0) await this.#assertBacked(content, short);
    await this.#returns.giveBack(content.returns);
    if (content.charges.length === 0) return;
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
  }

  /** What payers took away in time that the settler did not use is owed by whoever ran it. @throws SettleError `underfunded` */
  async #assertBacked({ total, captures }: BatchContent, short: readonly string[]): Promise<void> {
    const { chain, config } = this.#parts;
    const needed = total - captures.reduce((sum, { amount }) => sum + amount, 0n);
    const { unallocated } = await chain.settler.reads.state();
    if (unallocated >= needed) return;
    throw new SettleError('underfunded', {
      what: `captured money cannot be claimed any more: ${short.slice(0, 3).join('; ')}`,
      where: config.chain.vault,
      fix: `The payer withdrew while this settler was away, so whoever runs it owes the difference: send ${needed - unallocated} units of ${config.chain.token} to the vault, and it goes on.`,
    });
  }

  /** Logs batches that stand in the vault and not in the log: this round's, and one that a crash left unsaid. */
  async #logPosted(): Promise<void> {
    const { books, chain, config } = this.#parts;
    const { vault, confirmations, deployedAt } = config.chain;
    const { batchCount } = await chain.settler.reads.state();
    const logged = Math.max(
      0,
      ...books.money.batches.filter(this.#isOurs).map(({ predicate }) => Number(predicate.number)),
    );
    const after = Math.max(logged, ...this.#said);
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
    this.#said.add(number);
    log.info({ batch: number, charges: content.charges.length, total: String(total) }, 'settled');
  }

  /** As much of the range as one batch may take. */
  #portion(range: { readonly number: number; readonly from: number; readonly to: number }): BatchContent {
    const all = this.#content(range);
    const end = portionEnd(all.charges, this.#parts.config.batch);
    return end === undefined ? all : this.#content({ ...range, to: end });
  }

  #content(range: { readonly number: number; readonly from: number; readonly to: number }): BatchContent {
    const { vault, treasury } = this.#parts.config.chain;
    return batchContent(this.#parts.books.money, {
      ...range,
      vault,
      treasury,
      network: this.#parts.chain.network,
    });
  }

  readonly #isOurs = ({ predicate }: { predicate: Predicate<'batch'> }): boolean =>
    predicate.vault === this.#parts.config.chain.vault && predicate.network === this.#parts.chain.network;
}

const captured = ({ paymentChannel, cumulative, voucher }: ChannelStanding): CapturedChannel => ({
  paymentChannel,
  cumulative,
  claim: {
    config: voucher.config,
    voucher: {
      maxClaimableAmount: BigInt(voucher.voucher.maxClaimableAmount),
      signature: voucher.voucher.signature,
    },
  },
});
