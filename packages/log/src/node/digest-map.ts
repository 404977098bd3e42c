/** A map from 128-bit digests to log indices, made for millions of them: flat arrays, 25 to 50 bytes each. */

const WORDS = 4;
const FIRST_CAPACITY = 1_024;

/** At least 16 bytes, or their lower-case hexadecimal. */
export type Digest = Uint8Array | string;

/** Items as they stand in the map. */
export interface DigestRows {
  readonly digests: Uint32Array;
  readonly indices: Float64Array;
  readonly tags: Uint32Array;
}

/**
 * Digest prefixes → (index, tag). Insert and find only.
 *
 * Keys are the first 16 bytes of a SHA-256: two that collide by chance are out of reach, and whoever spends 2^64 work on
 * making two of their own collide only has their own second entry taken for a repeat.
 */
export class DigestMap {
  #slots = new Uint32Array(FIRST_CAPACITY * 2);
  #digests = new Uint32Array(FIRST_CAPACITY * WORDS);
  #indices = new Float64Array(FIRST_CAPACITY);
  #tags = new Uint32Array(FIRST_CAPACITY);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** The number of the item with this digest, to be given to `indexOf` and `tagOf`; undefined if there is none. */
  find(digest: Digest): number | undefined {
    const item = this.#slots[this.#slotOf(toWords(digest))] as number;
    return item === 0 ? undefined : item - 1;
  }

  indexOf(item: number): number {
    return this.#indices[item] as number;
  }

  tagOf(item: number): number {
    return this.#tags[item] as number;
  }

  /** Adds an item; the first one with a digest stays. */
  add(digest: Digest, index: number, tag: number): void {
    this.#addWords(toWords(digest), index, tag);
  }

  #addWords(words: Uint32Array, index: number, tag: number): void {
    if (this.#count === this.#indices.length) this.#grow();
    const slot = this.#slotOf(words);
    if (this.#slots[slot] !== 0) return;
    const item = this.#count++;
    this.#digests.set(words, item * WORDS);
    this.#indices[item] = index;
    this.#tags[item] = tag;
    this.#slots[slot] = item + 1;
  }

  /** Items from number `from` on that stand before index `before`: what was added in that order. */
  slice(from: number, before: number): DigestRows {
    let to = from;
    while (to < this.#count && (this.#indices[to] as number) < before) to++;
    return {
      digests: this.#digests.slice(from * WORDS, to * WORDS),
      indices: this.#indices.slice(from, to),
      tags: this.#tags.slice(from, to),
    };
  }

  /** Adds what `slice` gave, in the same order. */
  append({ digests, indices, tags }: DigestRows): void {
    for (let i = 0; i < indices.length; i++) {
      this.#addWords(digests.subarray(i * WORDS, (i + 1) * WORDS), indices[i] as number, tags[i] as number);
    }
  }

  /** The slot that holds these words, or the free one where they belong. */
  #slotOf(words: Uint32Array): number {
    const mask = this.#slots.length - 1;
    let slot = (words[0] as number) & mask;
    for (;;) {
      const item = this.#slots[slot] as number;
      if (item === 0 || this.#matches(item - 1, words)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #matches(item: number, words: Uint32Array): boolean {
    const at = item * WORDS;
    for (let i = 0; i < WORDS; i++) if (this.#digests[at + i] !== words[i]) return false;
    return true;
  }

  #grow(): void {
    const capacity = this.#indices.length * 2;
    this.#digests = enlarged(this.#digests, new Uint32Array(capacity * WORDS));
    this.#indices = enlarged(this.#indices, new Float64Array(capacity));
    this.#tags = enlarged(this.#tags, new Uint32Array(capacity));
    this.#slots = new Uint32Array(capacity * 2);
    for (let item = 0; item < this.#count; item++) {
      const words = this.#digests.subarray(item * WORDS, (item + 1) * WORDS);
      this.#slots[this.#slotOf(words)] = item + 1;
    }
  }
}

function enlarged<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

const scratch = new Uint32Array(WORDS);

function toWords(digest: Digest): Uint32Array {
  if (typeof digest === 'string') {
    for (let i = 0; i < WORDS; i++) scratch[i] = Number.parseInt(digest.slice(i * 8, i * 8 + 8), 16);
  } else {
    const view = new DataView(digest.buffer, digest.byteOffset, digest.length);
    for (let i = 0; i < WORDS; i++) scratch[i] = view.getUint32(i * 4);
  }
  return scratch;
}
