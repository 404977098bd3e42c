/** The kernel in plain TypeScript: for runtimes without WebAssembly SIMD, and the second opinion in tests. */
import { CodecError } from '../errors.ts';
import { multiply } from './gf256.ts';
import type { Kernel, RowProduct } from './kernel.ts';

/** A kernel without WebAssembly. Some ten times slower than `wasm.ts`; the bytes are the same. */
export function pureKernel(): Kernel {
  return {
    name: 'typescript',
    alloc: (bytes) => new Uint8Array(bytes),
    free: () => undefined,
    multiplyRows(job) {
      checkShape(job);
      job.dst.forEach((out, row) => multiplyRow(out, job, row));
    },
  };
}

/** Refuses a job whose columns differ in length or do not match the matrix. */
export function checkShape({ matrix, src, dst }: RowProduct): void {
  const length = src[0]?.length ?? 0;
  const even = [...src, ...dst].every((column) => column.length === length);
  if (even && length % 32 === 0 && matrix.length === src.length * dst.length) return;
  throw new CodecError('shape', {
    what: `a ${matrix.length}-byte matrix does not map ${src.length} columns of ${length} bytes to ${dst.length}`,
    fix: 'Give columns of one length, a multiple of 32.',
  });
}

function multiplyRow(out: Uint8Array, { matrix, src }: RowProduct, row: number): void {
  out.fill(0);
  src.forEach((column, j) => {
    const table = productTable(matrix[row * src.length + j] as number);
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) ^ (table[column[i] as number] as number);
  });
}

const tables = new Map<number, Uint8Array>();

function productTable(coefficient: number): Uint8Array {
  let table = tables.get(coefficient);
  if (table === undefined) {
    table = Uint8Array.from({ length: 256 }, (_, x) => multiply(coefficient, x));
    tables.set(coefficient, table);
  }
  return table;
}
