/** Finds NaN and infinities in a tensor without turning its bytes into numbers. */
import { isFloat } from './datatype.ts';
import type { Tensor } from './tensor.ts';

// IEEE 754 §3.4: a value is NaN or infinite exactly when all its exponent bits are set. The mask covers the top
// bytes of one little-endian element.
const EXPONENT = { FP16: [0x7c], FP32: [0x7f, 0x80], FP64: [0x7f, 0xf0] } as const;
const WIDTH = { FP16: 2, FP32: 4, FP64: 8 } as const;

/** Index of the first NaN or infinite element, or -1. Always -1 for datatypes that cannot hold one. */
export function firstNonFinite(tensor: Tensor): number {
  if (!isFloat(tensor.datatype)) return -1;
  const [high, low = 0] = EXPONENT[tensor.datatype];
  const width = WIDTH[tensor.datatype];
  const { bytes } = tensor;
  for (let at = width - 1; at < bytes.length; at += width) {
    if (((bytes[at] as number) & high) !== high) continue;
    if (((bytes[at - 1] as number) & low) === low) return (at + 1) / width - 1;
  }
  return -1;
}
