/** Record ids of a log, 64 hexadecimal digits each, in 40 bytes apiece: a hash map of strings would take three times that, and end at 16 million. */
import { fromHex, hex } from '@assay/core';
import { u32Column } from './column.ts';
import { TextNames, type Names } from './names.ts';

const DIGEST_BYTES = 32;
const DIGEST = /^[0-9a-f]{64}$/;
const FIRST_SLOTS = 1 << 10;

/** Names that are digests stand in a column of 32 bytes; any other name is kept as text beside them. */
export class DigestNames implements Names {
  #digests = new Uint8Array(FIRST_SLOTS * DIGEST_BYTES);
  /** Open addressing: a name's number, 0 where free. At most half full. */
  #slots = new Uint32Array(FIRST_SLOTS);
  #size = 0;
  readonly #others = new TextNames();
  /** Per number, the number among the others; 0 for digests. */
  readonly #other = u32Column();
  readonly #ofOther = u32Column();

  get size(): number {
    return this.#size;
  }

  intern(name: string): number {
    const known = this.find(name);
    if (known !== 0) return known;
    const id = ++this.#size;
    this.#reserve(id);
    if (DIGEST.test(name)) {
      this.#digests.set(fromHex(name), id * DIGEST_BYTES);
      this.#place(id);
    } else {
      const other = this.#others.intern(name);
      this.#other.put(id, other);
      this.#ofOther.put(other, id);
    }
    return id;
  }

  find(name: string): number {
    if (!DIGEST.test(name)) return this.#ofOther.at(this.#others.find(name));
    const digest = fromHex(name);
    const mask = this.#slots.length - 1;
    for (let slot = hashAt(digest, 0) & mask; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] as number;
      if (id === 0 || this.#holds(id, digest)) return id;
    }
  }

  text(id: number): string {
    if (id < 1 || id > this.#size) return '';
    const other = this.#other.at(id);
    if (other !== 0) return this.#others.text(other);
    return hex(this.#digests.subarray(id * DIGEST_BYTES, (id + 1) * DIGEST_BYTES));
  }

  #holds(id: number, digest: Uint8Array): boolean {
    const start = id * DIGEST_BYTES;
    for (let i = 0; i < DIGEST_BYTES; i++) if (this.#digests[start + i] !== digest[i]) return false;
    return true;
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = hashAt(this.#digests, id * DIGEST_BYTES) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }

  #reserve(id: number): void {
    if ((id + 1) * DIGEST_BYTES > this.#digests.length) {
      const grown = new Uint8Array(this.#digests.length * 2);
      grown.set(this.#digests);
      this.#digests = grown;
    }
    if (id * 2 <= this.#slots.length) return;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let placed = 1; placed < id; placed++) if (this.#other.at(placed) === 0) this.#place(placed);
  }
}

// A digest is spread evenly by itself; mixing two words costs whoever grinds ids for collisions a little more.
function hashAt(bytes: Uint8Array, at: number): number {
  const word = (i: number): number =>
    (bytes[at + i] as number) |
    ((bytes[at + i + 1] as number) << 8) |
    ((bytes[at + i + 2] as number) << 16) |
    ((bytes[at + i + 3] as number) << 24);
  return Math.imul(word(0) ^ Math.imul(word(12), 0x85ebca6b), 0x9e3779b1) >>> 0;
}
