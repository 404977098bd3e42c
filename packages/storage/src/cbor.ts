/** Deterministic CBOR (RFC 8949 §4.2.1) for pages and certificates: `cborg` reads and writes, this holds it to one value, one encoding. */
import { equal } from '@assay/core';
import { decode, encode } from 'cborg';
import { FormatError } from './errors.ts';

/** Unsigned safe integers, byte and text strings, arrays, null. No maps, floats, tags or indefinite lengths. */
export type Cbor = number | string | null | Uint8Array | readonly Cbor[];

const MAX_DEPTH = 8;
const MAX_ITEMS = 1 << 20;

/** Bytes of `value`. @throws FormatError `cbor` for anything but the forms of `Cbor` */
export function encodeCbor(value: Cbor): Uint8Array {
  assertForms(value, 0, { left: MAX_ITEMS });
  return encode(value);
}

/**
 * The value of exactly these bytes. Byte strings may be views of the input.
 * @throws FormatError `cbor` on anything but the deterministic encoding, and on more than 8 levels or a million items
 */
export function decodeCbor(bytes: Uint8Array): Cbor {
  let value: unknown;
  try {
    value = decode(bytes, { strict: true, allowIndefinite: false, allowUndefined: false, allowNaN: false });
  } catch (cause) {
    // Nesting without end comes out here as well, as the library's RangeError.
    throw new FormatError('cbor', { what: (cause as Error).message, cause });
  }
  assertForms(value, 0, { left: MAX_ITEMS });
  // The library's strictness leaves gaps (floats in longer forms than needed); writing it again leaves none.
  if (!equal(encode(value), bytes)) throw bad('these bytes are not the shortest encoding of their value');
  return value;
}

function assertForms(value: unknown, depth: number, count: { left: number }): asserts value is Cbor {
  if (--count.left < 0 || depth > MAX_DEPTH) throw bad('the value is too large or too deep');
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return;
  if (!Array.isArray(value)) throw bad(`a value of type ${typeof value} is not used here`);
  for (const item of value) assertForms(item, depth + 1, count);
}

function bad(what: string): FormatError {
  return new FormatError('cbor', { what });
}
