/** The port between the code's algebra and the loop that multiplies bytes; `pure.ts` and `wasm.ts` are its two drivers. */

import type { BytePasses } from './passes.ts';

/** One product of a matrix with byte columns. */
export interface RowProduct {
  /** rows × k coefficients, row-major. */
  readonly matrix: Uint8Array;
  /** k columns of equal length, a multiple of 32. */
  readonly src: readonly Uint8Array[];
  /** One output per row, of the same length, overlapping no input. */
  readonly dst: readonly Uint8Array[];
}

export interface Kernel {
  readonly name: 'wasm-simd' | 'typescript';
  /**
   * A buffer the kernel reads and writes without a copy; other buffers work too, at the price of one.
   * @throws CodecError `out-of-memory` when the kernel's fixed memory is used up
   */
  alloc(bytes: number): Uint8Array;
  /** Gives a buffer of `alloc` back; it must not be used afterwards. */
  free(buffer: Uint8Array): void;
  /** Passes over buffers of `alloc`, done by worker threads. Without them the caller's own thread does it (`passesOf`). */
  readonly passes?: BytePasses;
  /** dst[r] = Σ matrix[r][j] · src[j]. @throws CodecError `shape` */
  multiplyRows(job: RowProduct): void;
}
