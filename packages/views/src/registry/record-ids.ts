/** Which records a log holds, where, and by whom: a few numbers each (PROTOCOL 1.1, 1.2). */
import { f64Column, u32Column } from '../lineage/columns/column.ts';
import { type Names, TextNames } from '../lineage/columns/names.ts';

/** Record ids with the index and signer of their first statement, and the further signers of each. */
export class RecordIds {
  readonly #ids: Names;
  readonly #signers = new TextNames();
  readonly #signer = u32Column();
  /** One more than the index; 0 for what has a number and no statement. */
  readonly #after = f64Column();
  /** The same record signed by a second key: rare, so it may cost more. */
  readonly #cosigned = new Set<string>();

  /** @param ids numbers of record ids, shared with whoever else keeps something by them */
  constructor(ids: Names) {
    this.#ids = ids;
  }

  /** Log index of a record id, by whomever it was signed first. */
  indexOf(id: string): number | undefined {
    const after = this.#after.at(this.#ids.find(id));
    return after === 0 ? undefined : after - 1;
  }

  /** Whether `signer` has made this statement before. */
  has(id: string, signer: string): boolean {
    const number = this.#ids.find(id);
    if (this.#after.at(number) === 0) return false;
    return this.#signer.at(number) === this.#signers.find(signer) || this.#cosigned.has(`${id} ${signer}`);
  }

  /** Files a statement that `has` does not know. */
  add(id: string, signer: string, index: number): void {
    const number = this.#ids.intern(id);
    if (this.#after.at(number) !== 0) {
      this.#cosigned.add(`${id} ${signer}`);
      return;
    }
    this.#signer.put(number, this.#signers.intern(signer));
    this.#after.put(number, index + 1);
  }
}
