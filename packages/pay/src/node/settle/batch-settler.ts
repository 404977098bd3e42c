/**
 * Settles a batch on the chain: claims vouchers, brings the money to the vault, posts the batch, returns what goes back.
 *
 * Every step asks the chain first whether it is done, and none depends on what this process remembers, so that after a
 * crash at any moment the same call goes on from where the chain stands. A transaction's key holds what it does: done
 * once, it is never done again, and after a reorganisation the outbox brings the very same one back.
 */
import { sha256, hex, utf8 } from '@assay/core';
import type { PublicClient } from 'viem';
import { TxError, type TxOutbox, type TxRecord } from '../chain/outbox/index.ts';
import { readPaymentChannel, readReceiver } from '../chain/reads.ts';
import {
  type BatchPost,
  type Call,
  type Claim,
  claimCall,
  postBatchCall,
  returnExactCall,
  sweepCall,
} from './calls.ts';
import { SettleError } from './settle-error.ts';
import { type SettlementContracts, VaultReads } from './vault-reads.ts';

/** What settling works with. */
export interface SettlingParts {
  readonly client: PublicClient;
  readonly outbox: TxOutbox;
  readonly contracts: SettlementContracts;
}

/** A payment channel, what was captured on it, and its furthest voucher. */
export interface CapturedChannel {
  readonly paymentChannel: string;
  /** All that was captured after each charge, ascending. A charge is claimed whole or not at all. */
  readonly steps: readonly bigint[];
  readonly claim: Omit<Claim, 'totalClaimed'>;
}

/** What a claim brought. */
export interface Claimed {
  readonly claimed: bigint;
  /** All that is claimed now on each payment channel asked for. */
  readonly standing: ReadonlyMap<string, bigint>;
}

interface Row {
  readonly paymentChannel: string;
  readonly claim: Claim;
}

/** Rows in one claim: some 25,000 gas each. */
const CLAIM_ROWS = 100;

/** Settles batches of one deployment. */
export class BatchSettler {
  readonly reads: VaultReads;
  readonly #parts: SettlingParts;

  constructor(parts: SettlingParts) {
    this.#parts = parts;
    this.reads = new VaultReads(parts.client, parts.contracts);
  }

  /**
   * Claims what was captured and not claimed yet, as far as it is there: a payment channel that cannot be claimed on keeps
   * no other from being claimed on.
   *
   * @throws TxError; RpcError
   */
  async claim(channels: readonly CapturedChannel[]): Promise<Claimed> {
    let claimed = 0n;
    const standing = new Map<string, bigint>();
    const rows: Row[] = [];
    for (const { paymentChannel, steps, claim } of channels) {
      const { balance, totalClaimed } = await readPaymentChannel(
        this.#parts.client,
        paymentChannel as `0x${string}`,
      );
      standing.set(paymentChannel, totalClaimed);
      const most = smaller(claim.voucher.maxClaimableAmount, balance);
      const target = steps.findLast((step) => step <= most) ?? 0n;
      if (target > totalClaimed) rows.push({ paymentChannel, claim: { ...claim, totalClaimed: target } });
    }
    for (let at = 0; at < rows.length; at += CLAIM_ROWS) {
      for (const { paymentChannel, claim } of await this.#claimRows(rows.slice(at, at + CLAIM_ROWS))) {
        claimed += claim.totalClaimed - (standing.get(paymentChannel) ?? 0n);
        standing.set(paymentChannel, claim.totalClaimed);
      }
    }
    return { claimed, standing };
  }

  /** Returns the rows that were claimed; one that reverts by itself, for whatever reason, is left out. */
  async #claimRows(rows: readonly Row[]): Promise<readonly Row[]> {
    try {
      await this.#send('claim', claimCall(rows.map(({ claim }) => claim)));
      return rows;
    } catch (error) {
      if (!(error instanceof TxError) || (error.code !== 'would-revert' && error.code !== 'reverted'))
        throw error;
      if (rows.length === 1) return [];
      const half = Math.ceil(rows.length / 2);
      return [...(await this.#claimRows(rows.slice(0, half))), ...(await this.#claimRows(rows.slice(half)))];
    }
  }

  /** Brings what is claimed to the vault. */
  async sweep(): Promise<void> {
    const { client, contracts } = this.#parts;
    const [vault, token] = [contracts.vault as `0x${string}`, contracts.token as `0x${string}`];
    const { totalClaimed, totalSettled } = await readReceiver(client, vault, token);
    // The key names how far it brings the account: the next sweep goes further, and is another.
    if (totalClaimed > totalSettled) await this.#send(`sweep ${totalClaimed}`, sweepCall(vault, token));
  }

  /** Posts a batch, or finds it posted. @throws SettleError `other-batch` when the vault has another one there */
  async post(post: BatchPost): Promise<void> {
    const { vault } = this.#parts.contracts;
    const there = await this.reads.batch(post.number);
    if (there === undefined)
      await this.#send(`batch ${post.number}`, postBatchCall(vault, post), 'confirmed');
    const posted = there ?? (await this.reads.batch(post.number));
    if (posted?.root === post.root && posted.channelsRoot === post.channelsRoot) return;
    throw new SettleError('other-batch', {
      what: `batch ${post.number} has the root ${posted?.root ?? 'none'} in the vault, and the log gives ${post.root}`,
      where: vault,
      fix: 'Another settler posts to this vault, or this log is not its log. Stop, and compare them with "assay audit --money".',
    });
  }

  /** Gives `exact` payments back that were released. @param ids  of held payments in the vault */
  async returnExact(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if ((await this.reads.exactHeld(id)) === 0n) continue;
      await this.#send(`return ${id}`, returnExactCall(this.#parts.contracts.vault, id));
    }
  }

  #send(what: string, call: Call, until: 'mined' | 'confirmed' = 'mined'): Promise<TxRecord> {
    return sendOnce(this.#parts.outbox, { what, call, until });
  }
}

/**
 * Sends a call under a key that is what it does. One that was mined and reverted, because the chain stood elsewhere then,
 * may be tried again under the next key; one that is on its way is waited for.
 */
export async function sendOnce(
  outbox: TxOutbox,
  {
    what,
    call,
    until,
  }: { readonly what: string; readonly call: Call; readonly until: 'mined' | 'confirmed' },
): Promise<TxRecord> {
  const digest = hex(sha256(utf8(`${call.to} ${call.data}`))).slice(0, 32);
  for (let attempt = 0; ; attempt++) {
    const key = `${what} ${digest} ${attempt}`;
    const known = outbox.get(key);
    if (known?.state === 'confirmed' && known.mined?.reverted === true) continue;
    return outbox.send({ key, to: call.to, data: call.data }, until);
  }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
