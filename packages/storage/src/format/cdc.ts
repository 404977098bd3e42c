/** Content-defined cut points by a gear hash, for files whose format we do not know: 1 MiB on average, 0.25 to 4. */
import type { ByteSource } from './source.ts';

const MIN = 256 * 1_024;
const MAX = 4 * 1_048_576;
/** Twelve low bits are shifted out: a cut where the 20 upper bits are zero, once in a mebibyte. */
const SHIFT = 12;
const READ = 4 * 1_048_576;

/** 256 words of splitmix32 from seed 1: a change of the table would change every cut, and so every dedupe. */
const GEAR = gearTable();

function gearTable(): Uint32Array {
  let state = 1;
  return Uint32Array.from({ length: 256 }, () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  });
}

/** End offsets of the chunks of `source`. */
export async function contentCuts(source: ByteSource): Promise<number[]> {
  const ends: number[] = [];
  let start = 0;
  let hash = 0;
  for (let base = 0; base < source.size; base += READ) {
    const bytes = await source.read(base, Math.min(READ, source.size - base));
    for (let i = 0; i < bytes.length; i++) {
      hash = ((hash << 1) + (GEAR[bytes[i] as number] as number)) >>> 0;
      const length = base + i + 1 - start;
      if (length < MIN || (hash >>> SHIFT !== 0 && length < MAX)) continue;
      start = base + i + 1;
      hash = 0;
      ends.push(start);
    }
  }
  if (start < source.size) ends.push(source.size);
  return ends;
}
