/** Who each record belongs to: its signer, and for an output the client that asked for it. */
import { f64Column, u32Column } from '../lineage/columns/column.ts';
import { type Names, TextNames } from '../lineage/columns/names.ts';

/** What must be known of a record to judge who may speak for it. */
export interface OwnedRecord {
  readonly kind: string;
  readonly signer: string;
  readonly index: number;
  /** For an output: the client's key, when the request named one. */
  readonly client?: string;
  /** For an output: the model that made it. */
  readonly model?: string;
}

/** Owners by record id, in columns: every output and act of a log has one. */
export class RecordOwners {
  readonly #ids: Names;
  readonly #texts = new TextNames();
  /** 0 for what has a number and no owner. */
  readonly #kind = u32Column();
  readonly #signer = u32Column();
  readonly #index = f64Column();
  readonly #client = u32Column();
  readonly #model = u32Column();

  /** @param ids numbers of record ids, shared with whoever else keeps something by them */
  constructor(ids: Names) {
    this.#ids = ids;
  }

  get(id: string): OwnedRecord | undefined {
    const number = this.#ids.find(id);
    if (this.#kind.at(number) === 0) return undefined;
    const client = this.#client.at(number);
    const model = this.#model.at(number);
    return {
      kind: this.#texts.text(this.#kind.at(number)),
      signer: this.#texts.text(this.#signer.at(number)),
      index: this.#index.at(number),
      ...(client === 0 ? {} : { client: this.#texts.text(client) }),
      ...(model === 0 ? {} : { model: this.#texts.text(model) }),
    };
  }

  /** Takes the newest word for a record: two who sign the same words make one record. */
  add(id: string, { kind, signer, index, client, model }: OwnedRecord): void {
    const number = this.#ids.intern(id);
    this.#kind.put(number, this.#texts.intern(kind));
    this.#signer.put(number, this.#texts.intern(signer));
    this.#index.put(number, index);
    this.#client.put(number, client === undefined ? 0 : this.#texts.intern(client));
    this.#model.put(number, model === undefined ? 0 : this.#texts.intern(model));
  }
}
