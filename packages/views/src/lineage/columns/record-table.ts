/** Columns of outputs and acts, indexed by record id: when declared, by whom, from what. */
import { f64Column, u32Column, u8Column } from './column.ts';
import type { Scalar } from '../records.ts';
import { TextNames } from './names.ts';

export const ROLE_NONE = 0;
export const ROLE_OUTPUT = 1;
export const ROLE_ACT = 2;

/** A record in numbers; zero is "none" for pin and copyOf. */
export interface RecordRow {
  readonly id: number;
  readonly role: typeof ROLE_OUTPUT | typeof ROLE_ACT;
  readonly channel: number;
  readonly node: number;
  readonly pin: number;
  readonly copyOf: number;
  readonly t: number;
  readonly lo: number;
  readonly hi: number;
}

export class RecordTable {
  /** Position of the declaration; 0 while an id is only mentioned. */
  readonly position = u32Column();
  readonly role = u8Column();
  readonly channel = u32Column();
  readonly node = u32Column();
  readonly pin = u32Column();
  readonly copyOf = u32Column();
  readonly t = f64Column();
  // Most ledgers have points or brackets throughout; points cost no second and third column.
  readonly #lo = f64Column();
  readonly #hi = f64Column();
  #bracketed = false;
  // Most records share their fields with many others.
  readonly #fields = u32Column();
  readonly #fieldSets: ReadonlyMap<string, Scalar>[] = [new Map()];
  readonly #numberOfFields = new Map<string, number>();
  readonly #type = u32Column();
  readonly #types = new TextNames();

  /** Declares a record that was not declared before. */
  declare(row: RecordRow, position: number): void {
    const { id } = row;
    this.position.put(id, position);
    this.role.put(id, row.role);
    this.channel.put(id, row.channel);
    this.node.put(id, row.node);
    this.pin.put(id, row.pin);
    this.copyOf.put(id, row.copyOf);
    this.t.put(id, row.t);
    if (row.lo !== row.t || row.hi !== row.t) this.#bracketed = true;
    if (this.#bracketed) {
      this.#lo.put(id, row.lo - row.t);
      this.#hi.put(id, row.hi - row.t);
    }
  }

  /** Whether `id` was declared at or before position `known`. */
  declared(id: number, known: number): boolean {
    const position = this.position.at(id);
    return position !== 0 && position <= known;
  }

  isOutput(id: number, known: number): boolean {
    return this.role.at(id) === ROLE_OUTPUT && this.declared(id, known);
  }

  /** Earliest moment it can have happened. */
  lo(id: number): number {
    return this.t.at(id) + this.#lo.at(id);
  }

  /** Latest moment it can have happened. */
  hi(id: number): number {
    return this.t.at(id) + this.#hi.at(id);
  }

  keepFields(id: number, fields: ReadonlyMap<string, Scalar>): void {
    const name = JSON.stringify([...fields]);
    const known = this.#numberOfFields.get(name) ?? this.#fieldSets.push(fields) - 1;
    this.#numberOfFields.set(name, known);
    this.#fields.put(id, known);
  }

  field(id: number, name: string): Scalar | undefined {
    return this.#fieldSets[this.#fields.at(id)]?.get(name);
  }

  /** An act's own word for what it is. */
  keepType(id: number, type: string): void {
    this.#type.put(id, this.#types.intern(type));
  }

  type(id: number): string | undefined {
    const type = this.#type.at(id);
    return type === 0 ? undefined : this.#types.text(type);
  }
}
