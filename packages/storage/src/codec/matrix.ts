/** Matrices over GF(2^8), row-major bytes: the generator of the code, products and inverses. */
import { CodecError } from '../errors.ts';
import { inverse, multiply } from './gf256.ts';

/**
 * The n × k generator of the systematic Cauchy code: the identity, then 1/(i xor j) for parity row i ≥ k and column j
 * (the matrix of ISA-L's `gf_gen_cauchy1_matrix`). Any k rows are independent, so any k shards rebuild the rest.
 *
 * @throws CodecError `shape` unless 1 ≤ k ≤ n ≤ 255
 */
export function generator(k: number, n: number): Uint8Array {
  if (!Number.isInteger(k) || !Number.isInteger(n) || k < 1 || n < k || n > 255) {
    throw new CodecError('shape', { what: `${k} of ${n} is not a code`, fix: 'Choose 1 ≤ k ≤ n ≤ 255.' });
  }
  const rows = new Uint8Array(n * k);
  for (let j = 0; j < k; j++) rows[j * k + j] = 1;
  for (let i = k; i < n; i++) for (let j = 0; j < k; j++) rows[i * k + j] = inverse(i ^ j);
  return rows;
}

/** Rows `picks` of the matrix `a` whose rows have `k` entries. */
export function pickRows(a: Uint8Array, k: number, picks: readonly number[]): Uint8Array {
  const out = new Uint8Array(picks.length * k);
  picks.forEach((row, at) => out.set(a.subarray(row * k, row * k + k), at * k));
  return out;
}

/** Product of a (rows × k) and b (k × k). */
export function product(a: Uint8Array, b: Uint8Array, k: number): Uint8Array {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i++) {
    const row = Math.floor(i / k) * k;
    let sum = 0;
    for (let j = 0; j < k; j++) sum ^= multiply(a[row + j] as number, b[j * k + (i % k)] as number);
    out[i] = sum;
  }
  return out;
}

/** Inverse of a k × k matrix by Gauss–Jordan elimination. @throws CodecError `shape` if it is singular. */
export function invert(matrix: Uint8Array, k: number): Uint8Array {
  const a = Uint8Array.from(matrix);
  const out = new Uint8Array(k * k);
  for (let i = 0; i < k; i++) out[i * k + i] = 1;
  for (let column = 0; column < k; column++) {
    bringPivot(a, out, { column, k });
    const scale = inverse(a[column * k + column] as number);
    scaleRow(a, column * k, { k, scale });
    scaleRow(out, column * k, { k, scale });
    for (let row = 0; row < k; row++) {
      const factor = a[row * k + column] as number;
      if (row === column || factor === 0) continue;
      addRow(a, { to: row * k, from: column * k, k, factor });
      addRow(out, { to: row * k, from: column * k, k, factor });
    }
  }
  return out;
}

function bringPivot(a: Uint8Array, out: Uint8Array, { column, k }: { column: number; k: number }): void {
  let row = column;
  while (row < k && a[row * k + column] === 0) row++;
  if (row === k)
    throw new CodecError('shape', { what: 'the matrix has no inverse', where: `column ${column}` });
  if (row === column) return;
  for (const m of [a, out]) {
    const held = m.slice(row * k, row * k + k);
    m.copyWithin(row * k, column * k, column * k + k);
    m.set(held, column * k);
  }
}

function scaleRow(a: Uint8Array, at: number, { k, scale }: { k: number; scale: number }): void {
  for (let j = 0; j < k; j++) a[at + j] = multiply(a[at + j] as number, scale);
}

function addRow(a: Uint8Array, row: { to: number; from: number; k: number; factor: number }): void {
  for (let j = 0; j < row.k; j++) {
    a[row.to + j] = (a[row.to + j] as number) ^ multiply(a[row.from + j] as number, row.factor);
  }
}
