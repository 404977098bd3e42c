/** Pays nodes and the treasury what batches credit to them, once the hold is over: they need not come for it. */
import { sendOnce, withdrawCall } from '@assay/pay/node';
import type { SettlementParts } from './settlement.ts';

/** Batches in one withdrawal. */
const BATCHES = 50;

/** Withdraws for others. */
export class Payouts {
  readonly #parts: SettlementParts;
  /** Every batch up to this number is paid out. */
  #done = 0;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** Pays out what is ripe. Returns how many withdrawals that took. @throws TxError, RpcError */
  async round(): Promise<number> {
    const { address, books, chain, config } = this.#parts;
    const { reads } = chain.settler;
    const now = await reads.now();
    const byAccount = new Map<string, number[]>();
    let done = this.#done;
    for (const { predicate, address: by } of books.money.batches) {
      const number = Number(predicate.number);
      if (by !== address || predicate.vault !== config.chain.vault || number !== done + 1) continue;
      const posted = await reads.batch(number);
      if (posted === undefined || now < Math.max(posted.postedAt + config.terms.hold, posted.frozenUntil))
        break;
      for (const { to } of predicate.credits) {
        if ((await reads.credit(number, to)) > 0n) byAccount.set(to, [...(byAccount.get(to) ?? []), number]);
      }
      done = number;
    }
    let sent = 0;
    for (const [account, numbers] of byAccount) {
      for (let at = 0; at < numbers.length; at += BATCHES, sent++) {
        const call = withdrawCall(config.chain.vault, account, numbers.slice(at, at + BATCHES));
        await sendOnce(chain.outbox, { what: `withdraw ${account}`, call, until: 'mined' });
      }
    }
    this.#done = done;
    return sent;
  }
}
