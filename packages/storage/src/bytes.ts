/** Little-endian fields of the signed byte strings of specs/storage-format.md. */
import { EncodingError } from '@assay/core';

/** Fixed-width little-endian unsigned integer. @throws EncodingError `range` */
export function le(value: number, width: 1 | 2 | 4 | 8): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
    throw new EncodingError('range', { what: `${value} does not fit ${width} bytes` });
  }
  const out = new Uint8Array(width);
  for (let i = 0, rest = value; i < width; i++, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

/** The integer at `at`. @throws EncodingError `range` beyond the safe integers */
export function readLe(bytes: Uint8Array, at: number, width: 1 | 2 | 4 | 8): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  if (!Number.isSafeInteger(value))
    throw new EncodingError('range', { what: `${value} is not a safe integer` });
  return value;
}
