/** Hands out parts of a kernel's memory, lowest address first; neighbours that are given back become one again. */
import { CodecError } from '../errors.ts';

/** Slots begin at multiples of this, so that SIMD loads are aligned, and a disk can take what lies there as it is. */
const STEP = 4_096;

interface Gap {
  readonly at: number;
  readonly size: number;
}

export class SlotAllocator {
  readonly #memory: { readonly buffer: ArrayBuffer | SharedArrayBuffer };
  /** By address. Packs differ in size, so a slot must serve whatever fits it, not its own size alone. */
  #gaps: readonly Gap[];

  /** Everything from `base` to the end of the memory is free at first. */
  constructor(memory: { readonly buffer: ArrayBuffer | SharedArrayBuffer }, base: number) {
    this.#memory = memory;
    const at = roundUp(base);
    this.#gaps = [{ at, size: memory.buffer.byteLength - at }];
  }

  /** @throws CodecError `out-of-memory` */
  take(bytes: number): Uint8Array {
    const size = roundUp(bytes);
    const index = this.#gaps.findIndex((gap) => gap.size >= size);
    const gap = this.#gaps[index];
    if (gap === undefined) {
      throw new CodecError('out-of-memory', {
        what: `${size} more bytes do not fit a kernel memory of ${this.#memory.buffer.byteLength}`,
        fix: 'Free slots first, or make the kernel with more bytes.',
      });
    }
    const rest = { at: gap.at + size, size: gap.size - size };
    this.#gaps = this.#gaps.toSpliced(index, 1, ...(rest.size > 0 ? [rest] : []));
    return new Uint8Array(this.#memory.buffer, gap.at, bytes);
  }

  /** Takes a slot back; it must be one that `take` gave, whole, and given back once. */
  give(slot: Uint8Array): void {
    const freed = { at: slot.byteOffset, size: roundUp(slot.length) };
    const sorted = [...this.#gaps, freed].sort((a, b) => a.at - b.at);
    const merged: Gap[] = [];
    for (const gap of sorted) {
      const last = merged.at(-1);
      if (last === undefined || last.at + last.size < gap.at) merged.push(gap);
      else merged.splice(-1, 1, { at: last.at, size: last.size + gap.size });
    }
    this.#gaps = merged;
  }
}

const roundUp = (bytes: number): number => Math.ceil(bytes / STEP) * STEP;
