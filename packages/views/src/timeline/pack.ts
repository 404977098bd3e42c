/** JSON values in few bytes: digests raw, repeated texts and shapes of objects by number. Lossless, and never leaves the process. */
import { fromHex, fromUtf8, hex, type Json, utf8 } from '@assay/core';
import { TextNames } from '../lineage/columns/names.ts';

const TAG = {
  null: 0,
  true: 1,
  false: 2,
  natural: 3,
  number: 4,
  known: 5,
  text: 6,
  digest: 7,
  array: 8,
  object: 9,
} as const;

/** A digest, alone or behind the name of what it is a digest of. */
const DIGEST = /^(?:[a-z0-9-]{1,16}:)?[0-9a-f]{64}$/;
const DIGEST_CHARS = 64;
/** Texts longer than this, or beyond so many, are not worth a number. */
const MOST_KNOWN_CHARS = 160;
const MOST_KNOWN = 65_536;
const FIRST_BYTES = 4_096;

/** Writes and reads values; what it has seen makes later ones shorter. */
export class Packer {
  readonly #texts = new TextNames();
  readonly #shapes = new Map<string, number>();
  readonly #keys: (readonly string[])[] = [];
  #out = new Uint8Array(FIRST_BYTES);
  #at = 0;

  /** The bytes of `value`, valid until the next call. */
  pack(value: Json): Uint8Array {
    this.#at = 0;
    this.#write(value);
    return this.#out.subarray(0, this.#at);
  }

  /** The value that `bytes` were packed from, by this packer. */
  unpack(bytes: Uint8Array): Json {
    return new Reader(bytes, {
      text: (id) => this.#texts.text(id),
      keys: (id) => this.#keys[id] ?? [],
    }).value();
  }

  #write(value: Json): void {
    if (value === null || typeof value === 'boolean') this.#byte(TAG[`${value}`]);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#text(value);
    else if (isArray(value)) {
      this.#byte(TAG.array);
      this.#natural(value.length);
      for (const item of value) this.#write(item);
    } else {
      const keys = Object.keys(value);
      this.#byte(TAG.object);
      this.#natural(this.#shapeOf(keys));
      for (const key of keys) this.#write(value[key] as Json);
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
      this.#byte(TAG.natural);
      return this.#natural(value);
    }
    this.#byte(TAG.number);
    this.#reserve(8);
    new DataView(this.#out.buffer).setFloat64(this.#at, value);
    this.#at += 8;
  }

  #text(text: string): void {
    if (DIGEST.test(text)) {
      this.#byte(TAG.digest);
      this.#natural(this.#texts.intern(text.slice(0, -DIGEST_CHARS)));
      return this.#bytes(fromHex(text.slice(-DIGEST_CHARS)));
    }
    const known = this.#texts.size < MOST_KNOWN ? this.#known(text) : this.#texts.find(text);
    if (known !== 0) {
      this.#byte(TAG.known);
      return this.#natural(known);
    }
    const bytes = utf8(text);
    this.#byte(TAG.text);
    this.#natural(bytes.length);
    this.#bytes(bytes);
  }

  #known(text: string): number {
    return text.length > MOST_KNOWN_CHARS ? 0 : this.#texts.intern(text);
  }

  #shapeOf(keys: readonly string[]): number {
    const name = JSON.stringify(keys);
    const known = this.#shapes.get(name);
    if (known !== undefined) return known;
    this.#shapes.set(name, this.#keys.length);
    return this.#keys.push(keys) - 1;
  }

  /** Seven bits a byte, lowest first. */
  #natural(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#out[this.#at++] = value;
  }

  #bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#out.length) return;
    const grown = new Uint8Array(Math.max(this.#at + more, this.#out.length * 2));
    grown.set(this.#out);
    this.#out = grown;
  }
}

/** What a reader looks up. */
interface Dictionary {
  readonly text: (id: number) => string;
  readonly keys: (id: number) => readonly string[];
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #dictionary: Dictionary;
  #at = 0;

  constructor(bytes: Uint8Array, dictionary: Dictionary) {
    this.#bytes = bytes;
    this.#dictionary = dictionary;
  }

  value(): Json {
    const tag = this.#byte();
    if (tag === TAG.null) return null;
    if (tag === TAG.true || tag === TAG.false) return tag === TAG.true;
    if (tag === TAG.natural) return this.#natural();
    if (tag === TAG.number) return this.#float();
    if (tag === TAG.known) return this.#dictionary.text(this.#natural());
    if (tag === TAG.text) return fromUtf8(this.#take(this.#natural()));
    if (tag === TAG.digest) {
      return `${this.#dictionary.text(this.#natural())}${hex(this.#take(DIGEST_CHARS / 2))}`;
    }
    if (tag === TAG.array) return Array.from({ length: this.#natural() }, () => this.value());
    // Own properties whatever they are called.
    return Object.fromEntries(this.#dictionary.keys(this.#natural()).map((key) => [key, this.value()]));
  }

  #byte(): number {
    return this.#bytes[this.#at++] as number;
  }

  #natural(): number {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  #float(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  }

  #take(length: number): Uint8Array {
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);
