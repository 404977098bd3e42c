/** Who each record belongs to: its signer, and for an output the client that asked for it. */

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

/** Owners by record id. */
export class RecordOwners {
  readonly #records = new Map<string, OwnedRecord>();

  get(id: string): OwnedRecord | undefined {
    return this.#records.get(id);
  }

  add(id: string, record: OwnedRecord): void {
    this.#records.set(id, record);
  }
}
