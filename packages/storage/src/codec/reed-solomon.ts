/** The systematic Reed–Solomon code k-of-n: encode parity, and rebuild any missing shards from any k. */
import { CodecError } from '../errors.ts';
import type { Kernel } from './kernel.ts';
import { generator, invert, pickRows, product } from './matrix.ts';

export class ReedSolomon {
  readonly k: number;
  readonly n: number;
  readonly #kernel: Kernel;
  readonly #generator: Uint8Array;

  /** @throws CodecError `shape` unless 1 ≤ k ≤ n ≤ 255 */
  constructor(shape: { readonly k: number; readonly n: number }, kernel: Kernel) {
    this.k = shape.k;
    this.n = shape.n;
    this.#kernel = kernel;
    this.#generator = generator(shape.k, shape.n);
  }

  /** Writes shards k…n−1 into `parity` from the k data shards; nothing is copied when both lie in kernel slots. */
  encode(data: readonly Uint8Array[], parity: readonly Uint8Array[]): void {
    if (parity.length === 0) return;
    this.#kernel.multiplyRows({ matrix: this.#generator.subarray(this.k * this.k), src: data, dst: parity });
  }

  /**
   * Computes the shards `wanted` (by index) into `out` from any k known ones.
   * @throws CodecError `not-enough-shards` when fewer than k are known
   */
  rebuild(
    known: ReadonlyMap<number, Uint8Array>,
    wanted: readonly number[],
    out: readonly Uint8Array[],
  ): void {
    const have = [...known.keys()].sort((a, b) => a - b).slice(0, this.k);
    if (have.length < this.k) {
      throw new CodecError('not-enough-shards', {
        what: `${have.length} of the ${this.k} shards needed are known`,
      });
    }
    const rows = pickRows(this.#generator, this.k, wanted);
    const matrix = product(rows, invert(pickRows(this.#generator, this.k, have), this.k), this.k);
    this.#kernel.multiplyRows({ matrix, src: have.map((index) => known.get(index) as Uint8Array), dst: out });
  }
}
