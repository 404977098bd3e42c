/** Says in the log that the vetoer stopped a refund: on the chain it is an event, and the refund is gone (PROTOCOL 7.6). */
import { type Predicate, signStatement } from '@assay/core';
import { refundId } from '@assay/core/money';
import { vetoesOf } from '@assay/pay/node';
import type { SettlementParts } from './settlement.ts';

/** Vetoes of one settler's refunds. */
export class RefundVetoes {
  readonly #parts: SettlementParts & { readonly appended: (entry: Uint8Array) => Promise<unknown> };
  /** Transactions of vetoes that this process logged: the log has not brought all of them back yet. */
  readonly #said = new Set<string>();

  constructor(parts: SettlementParts & { readonly appended: (entry: Uint8Array) => Promise<unknown> }) {
    this.#parts = parts;
  }

  /** Logs each veto of a refund that is final on the chain, once. Returns how many are logged; 0 while none is final. */
  async say(incident: string, round: number): Promise<number> {
    const { address, books, chain, config, identity, appended } = this.#parts;
    const { vault, deployedAt, confirmations } = config.chain;
    const name = refundId(incident, round);
    const own = books.money.vetoes.filter((veto) => veto.address === address);
    const logged = new Set(own.map(({ predicate }) => `${predicate.name} ${predicate.tx}`));
    const found = await vetoesOf(chain.client, { vault, name, deployedAt, confirmations });
    for (const tx of found) {
      const key = `${name} ${tx}`;
      if (logged.has(key) || this.#said.has(key)) continue;
      const predicate: Predicate<'refund.veto'> = {
        incident,
        ...(round === 1 ? {} : { round: String(round) }),
        network: chain.network,
        vault,
        name,
        tx,
      };
      await appended(signStatement('refund.veto', predicate, identity.signer));
      this.#said.add(key);
    }
    return found.length;
  }
}
