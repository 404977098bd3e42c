/** The gear hash that finds content-defined cuts: a rolling function of the last 32 bytes. */

/** Twelve low bits are shifted out: a cut where the 20 upper bits are zero, once in a mebibyte. */
const SHIFT = 12;
/** Each byte shifts the 32-bit hash by one, so that it is a function of the last 32 bytes alone. */
export const REACH = 32;

/** 256 words of splitmix32 from seed 1: a change of the table would change every cut, and so every dedupe. */
const GEAR = gearTable();

function gearTable(): Int32Array {
  let state = 1;
  return Int32Array.from({ length: 256 }, () => {
    state = (state + 0x9e3779b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  });
}

/** End offsets within `bytes` at which the hash of what precedes allows a cut. */
export function cutCandidates(bytes: Uint8Array): number[] {
  const found: number[] = [];
  let hash = 0;
  // 32-bit integers throughout: one float in this loop makes it five times as slow.
  for (let i = 0; i < bytes.length; i++) {
    hash = ((hash << 1) + (GEAR[bytes[i] as number] as number)) | 0;
    if (hash >>> SHIFT === 0) found.push(i + 1);
  }
  return found;
}
