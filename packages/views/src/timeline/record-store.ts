/** The records of a log in columns: a few hundred bytes each, and whole again when somebody asks for one. */
import { declaredKeys, type Json, type Kind, KINDS, type LogRecord } from '@assay/core';
import { f64Column, u32Column, u8Column } from '../lineage/columns/column.ts';
import { DigestNames } from '../lineage/columns/digest-names.ts';
import { TextNames } from '../lineage/columns/names.ts';
import { Packer } from './pack.ts';

const CHUNK_BYTES = 1 << 20;

/** A record of a kind. */
export type RecordOf<K extends Kind> = LogRecord & { readonly kind: K };

/** Append-only; a record is what was put in, value for value, in an object of its own each time. */
export class RecordStore {
  readonly #ids = new DigestNames();
  readonly #signers = new TextNames();
  readonly #packer = new Packer();
  readonly #chunks: Uint8Array[] = [];
  #used = CHUNK_BYTES;
  // Per row.
  readonly #id = u32Column();
  readonly #kind = u8Column();
  readonly #signer = u32Column();
  readonly #index = f64Column();
  readonly #chunk = u32Column();
  readonly #offset = u32Column();
  readonly #length = u32Column();
  /** Per id, its first row plus one. */
  readonly #first = u32Column();
  /** Further signers' rows of an id: few, so that most records need no list. */
  readonly #further = new Map<number, number[]>();

  add(record: LogRecord): void {
    const bytes = this.#packer.pack(record.predicate as Json);
    const row = this.#index.length;
    const id = this.#ids.intern(record.id);
    if (this.#first.at(id) === 0) this.#first.put(id, row + 1);
    else this.#further.set(id, [...(this.#further.get(id) ?? []), row]);
    this.#id.push(id);
    this.#kind.push(KINDS.indexOf(record.kind));
    this.#signer.push(this.#signers.intern(record.signer));
    this.#index.push(record.index);
    this.#keep(bytes);
  }

  /** The first statement under an id. */
  get(id: string): LogRecord | undefined {
    const row = this.#first.at(this.#ids.find(id));
    return row === 0 ? undefined : this.#at(row - 1);
  }

  /** Every statement under an id, in log order. */
  all(id: string): LogRecord[] {
    const number = this.#ids.find(id);
    const row = this.#first.at(number);
    if (row === 0) return [];
    return [row - 1, ...(this.#further.get(number) ?? [])].map((each) => this.#at(each));
  }

  /** The first statement under each id, in log order; of `kinds` only when some are given. */
  *each<K extends Kind>(kinds: readonly K[]): Generator<RecordOf<K>> {
    const wanted = new Set(kinds.map((kind) => KINDS.indexOf(kind)));
    for (let row = 0; row < this.#index.length; row++) {
      if (this.#first.at(this.#id.at(row)) !== row + 1) continue;
      if (wanted.size === 0 || wanted.has(this.#kind.at(row))) yield this.#at(row) as RecordOf<K>;
    }
  }

  #at(row: number): LogRecord {
    const kind = KINDS[this.#kind.at(row)] as Kind;
    const signer = this.#signers.text(this.#signer.at(row));
    const offset = this.#offset.at(row);
    const chunk = this.#chunks[this.#chunk.at(row)] as Uint8Array;
    const predicate = this.#packer.unpack(chunk.subarray(offset, offset + this.#length.at(row)));
    return {
      kind,
      predicate,
      id: this.#ids.text(this.#id.at(row)),
      signer,
      keys: declaredKeys(kind, predicate as never, signer),
      index: this.#index.at(row),
    } as LogRecord;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#used + bytes.length > CHUNK_BYTES) {
      this.#chunks.push(new Uint8Array(Math.max(CHUNK_BYTES, bytes.length)));
      this.#used = 0;
    }
    this.#chunks.at(-1)?.set(bytes, this.#used);
    this.#chunk.push(this.#chunks.length - 1);
    this.#offset.push(this.#used);
    this.#length.push(bytes.length);
    this.#used += bytes.length;
  }
}
