/** The field GF(2^8) with x^8 + x^4 + x^3 + x^2 + 1 (0x11d) and generator 2, as used by ISA-L and zfec. */

/** Powers of the generator, twice over so that the sum of two logarithms needs no reduction. */
export const EXP = new Uint8Array(512);
/** Discrete logarithms; the entry of 0 has no meaning. */
export const LOG = new Uint8Array(256);

for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x;
  EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}

/** Product in the field. */
export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (EXP[(LOG[a] as number) + (LOG[b] as number)] as number);
}

/** Multiplicative inverse of a non-zero element. */
export function inverse(a: number): number {
  return EXP[255 - (LOG[a] as number)] as number;
}
