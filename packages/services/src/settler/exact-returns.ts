/** `exact` payments that were released go back to their payers, if whoever released one is the gateway that took it. */
import { heldBy, senderOf } from '@assay/pay/node';
import type { ReleaseRecord } from '@assay/views';
import type { SettlementParts } from './settlement.ts';

/** The returns of one settler. */
export class ExactReturns {
  readonly #parts: SettlementParts;
  /** Transactions whose payments are known to be given back. */
  readonly #returned = new Set<string>();
  /** Those that were told to be of another gateway, or of nobody. */
  readonly #told = new Set<string>();

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /**
   * A release names the transaction that brought the money, and the vault names what it holds in that one's event. The log
   * does not show who took it, the chain does: anybody may join as a gateway and say that another's payment is to go back,
   * and nothing that it says stops a settlement.
   */
  async giveBack(releases: readonly ReleaseRecord[]): Promise<void> {
    const { chain, config } = this.#parts;
    for (const record of releases) {
      const { tx } = record.release;
      if (tx === undefined || this.#returned.has(tx) || !(await this.#isTakers(record, tx))) continue;
      const held = await heldBy(chain.client, { vault: config.chain.vault, tx });
      // One that is not mined yet is looked at again.
      if (held.length === 0) continue;
      await chain.settler.returnExact(held);
      this.#returned.add(tx);
    }
  }

  async #isTakers({ id, gateway }: ReleaseRecord, tx: string): Promise<boolean> {
    const { chain, books, log } = this.#parts;
    const sender = await senderOf(chain.client, tx);
    if (sender !== undefined && sender === books.addressOf(gateway)) return true;
    if (!this.#told.has(id))
      log.warn({ release: id, gateway, tx, sender }, 'a release of what its gateway did not take');
    this.#told.add(id);
    return false;
  }
}
