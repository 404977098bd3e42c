/** The part of deterministic CBOR (RFC 8949 §4.2.1) that our pages and certificates use: one value, one encoding. */
import { concat, fromUtf8, utf8 } from '@assay/core';
import { FormatError } from './errors.ts';

/** Unsigned safe integers, byte and text strings, arrays, null. No maps, floats, tags or indefinite lengths. */
export type Cbor = number | string | null | Uint8Array | readonly Cbor[];

const MAX_DEPTH = 8;
const MAX_ITEMS = 1 << 20;

/** Bytes of `value`. @throws FormatError `cbor` for a number that is not an unsigned safe integer */
export function encodeCbor(value: Cbor): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return concat(...parts);
}

function write(value: Cbor, parts: Uint8Array[]): void {
  if (value === null) parts.push(Uint8Array.of(0xf6));
  else if (typeof value === 'number') parts.push(head(0, value));
  else if (typeof value === 'string') {
    const text = utf8(value);
    parts.push(head(3, text.length), text);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), value);
  else {
    parts.push(head(4, value.length));
    for (const item of value) write(item, parts);
  }
}

function head(major: number, value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw bad(`${value} is not an unsigned safe integer`);
  const type = major << 5;
  if (value < 24) return Uint8Array.of(type | value);
  const [info, width] =
    value < 0x100 ? [24, 1] : value < 0x10000 ? [25, 2] : value < 0x1_0000_0000 ? [26, 4] : [27, 8];
  const out = new Uint8Array(1 + width);
  out[0] = type | info;
  for (let i = width, rest = value; i > 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

/**
 * The value of exactly these bytes. Byte strings are views of the input.
 * @throws FormatError `cbor` on anything but the deterministic encoding, and on more than 8 levels or a million items
 */
export function decodeCbor(bytes: Uint8Array): Cbor {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw bad(`${bytes.length - reader.at} bytes follow the value`);
  return value;
}

class Reader {
  at = 0;
  #items = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(depth: number): Cbor {
    if (++this.#items > MAX_ITEMS || depth > MAX_DEPTH) throw bad('the value is too large or too deep');
    const first = this.#byte();
    if (first === 0xf6) return null;
    const size = this.#argument(first & 31);
    switch (first >> 5) {
      case 0:
        return size;
      case 2:
        return this.#take(size);
      case 3:
        return fromUtf8(this.#take(size));
      case 4:
        return this.#array(size, depth);
      default:
        throw bad(`type ${first >> 5} is not used here`);
    }
  }

  #array(size: number, depth: number): Cbor[] {
    // Size is attacker-controlled: every item takes a byte, so compare before anything is allocated.
    if (size > this.#bytes.length - this.at) throw bad(`an array of ${size} items in fewer bytes`);
    const out: Cbor[] = [];
    for (let i = 0; i < size; i++) out.push(this.value(depth + 1));
    return out;
  }

  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) throw bad(`length form ${info} is not used here`);
    const width = 1 << (info - 24);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.#byte();
    const least = width === 1 ? 24 : 2 ** (4 * width);
    if (value < least || !Number.isSafeInteger(value)) throw bad(`${value} is not in its shortest form`);
    return value;
  }

  #take(size: number): Uint8Array {
    if (size > this.#bytes.length - this.at) throw bad(`a string of ${size} bytes is cut short`);
    this.at += size;
    return this.#bytes.subarray(this.at - size, this.at);
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw bad('the value is cut short');
    return byte;
  }
}

function bad(what: string): FormatError {
  return new FormatError('cbor', { what });
}
