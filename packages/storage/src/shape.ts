/** Narrowing decoded CBOR to the shapes our formats expect, with the place named when it does not fit. */
import type { Cbor } from './cbor.ts';
import { FormatError } from './errors.ts';

type Code = FormatError['code'];

/** Reads fields out of decoded CBOR; every reader throws FormatError with the code and place it was made with. */
export class Shape {
  readonly #code: Code;
  readonly #where: string;

  constructor(code: Code, where: string) {
    this.#code = code;
    this.#where = where;
  }

  /** An array, of exactly `length` items when given. */
  array(value: Cbor | undefined, length?: number): readonly Cbor[] {
    if (Array.isArray(value) && (length === undefined || value.length === length))
      return value as readonly Cbor[];
    throw this.bad(`an array${length === undefined ? '' : ` of ${length}`} is missing`);
  }

  /** A byte string, of exactly `length` bytes when given. */
  bytes(value: Cbor | undefined, length?: number): Uint8Array {
    if (value instanceof Uint8Array && (length === undefined || value.length === length)) return value;
    throw this.bad(`a string of ${length ?? 'some'} bytes is missing`);
  }

  uint(value: Cbor | undefined, max = Number.MAX_SAFE_INTEGER): number {
    if (typeof value === 'number' && value <= max) return value;
    throw this.bad(`an integer up to ${max} is missing`);
  }

  text(value: Cbor | undefined): string {
    if (typeof value === 'string') return value;
    throw this.bad('a text is missing');
  }

  bad(what: string): FormatError {
    return new FormatError(this.#code, { what, where: this.#where });
  }
}
