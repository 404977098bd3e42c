/** Proofs of charges in their batches, for whoever recomputes a charge's leaf (specs/payments.md, "Leaf"). */
import { evmHex, merkleProof } from '@assay/core/money';
import { type BatchContent, batchContent } from '@assay/views';
import type { SettlerBooks } from './settler-books.ts';

/** A charge's place in its batch. */
export interface LeafProof {
  readonly batch: number;
  /** Siblings from the leaf up to the root. */
  readonly proof: readonly string[];
}

/** The proofs of one vault's batches, from the log alone. */
export class LeafProofs {
  readonly #books: SettlerBooks;
  readonly #vault: string;
  /** The batch asked for last: payers ask about what was settled just now, one after the other. */
  #content: BatchContent | undefined;

  constructor(books: SettlerBooks, vault: string) {
    this.#books = books;
    this.#vault = vault;
  }

  /** Undefined for a receipt that no logged batch has a charge of. */
  of(receipt: string): LeafProof | undefined {
    const { money } = this.#books;
    const charge = money.chargeOf(receipt);
    if (charge?.vault !== this.#vault) return undefined;
    const posted = money.settlements.batchOf(charge);
    if (posted === undefined || money.settlements.isWithheld(charge)) return undefined;
    const { network, vault, treasury, ...said } = posted.predicate;
    const number = Number(said.number);
    if (this.#content?.number !== number) {
      const range = { number, from: Number(said.from), to: Number(said.to) };
      const { settler } = charge;
      this.#content = batchContent(money, { ...range, network, vault, settler, treasury });
    }
    const at = this.#content.charges.indexOf(charge);
    return { batch: number, proof: merkleProof(this.#content.leaves, at).map(evmHex) };
  }
}
