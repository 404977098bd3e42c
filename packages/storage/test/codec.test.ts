import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hex, sha256 } from '@assay/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generator } from '../src/codec/matrix.ts';
import { pureKernel, ReedSolomon, sharedWasmKernel, wasmKernel } from '../src/index.ts';

const wasm = wasmKernel({ bytes: 8 << 20 });
const kernels = [
  pureKernel(),
  wasm,
  sharedWasmKernel({ bytes: 8 << 20 }),
  wasmKernel({ bytes: 8 << 20, relaxed: false }),
  sharedWasmKernel({ bytes: 8 << 20, relaxed: false }),
];

/** The vectors' data: byte i of shard j is (i·7 + j·31 + (i >> 8)) mod 256. */
const dataShards = (k: number, length: number): Uint8Array[] =>
  Array.from({ length: k }, (_, j) =>
    Uint8Array.from({ length }, (_, i) => (i * 7 + j * 31 + (i >> 8)) & 255),
  );

const blank = (count: number, length: number): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(length));

/** Russian-peasant multiplication: shares no table with the code under test. */
function naiveMultiply(a: number, b: number): number {
  let sum = 0;
  for (let x = a, y = b; y !== 0; y >>= 1) {
    if (y & 1) sum ^= x;
    x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
  }
  return sum;
}

function naiveInverse(a: number): number {
  for (let b = 1; b < 256; b++) if (naiveMultiply(a, b) === 1) return b;
  throw new Error('0 has no inverse');
}

function naiveParity(data: Uint8Array[], row: number): Uint8Array {
  return Uint8Array.from({ length: data[0]?.length ?? 0 }, (_, i) =>
    data.reduce((sum, shard, j) => sum ^ naiveMultiply(naiveInverse(row ^ j), shard[i] as number), 0),
  );
}

const shapes = [
  [4, 6],
  [2, 4],
  [10, 16],
  [4, 10],
  [11, 31],
  // Every number of rows that a kernel may handle together, and some beyond.
  [4, 5],
  [3, 6],
  [3, 7],
  [2, 7],
  [3, 12],
  [2, 13],
] as const;

describe('Reed–Solomon', () => {
  it.each(shapes)('%i of %i: every kernel gives the parity of a table-free implementation', (k, n) => {
    const data = dataShards(k, 128);
    const expected = Array.from({ length: n - k }, (_, r) => hex(naiveParity(data, k + r)));
    for (const kernel of kernels) {
      const parity = blank(n - k, 128);
      new ReedSolomon({ k, n }, kernel).encode(data, parity);
      expect(parity.map(hex), kernel.name).toEqual(expected);
    }
  });

  it('golden vectors: the parity digests never change', () => {
    const file = new URL('../../../vectors/storage-rs.json', import.meta.url);
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
      k: number;
      n: number;
      length: number;
      parity: string[];
    }[];
    expect(vectors.length).toBeGreaterThan(3);
    for (const { k, n, length, parity } of vectors) {
      const out = blank(n - k, length);
      new ReedSolomon({ k, n }, wasm).encode(dataShards(k, length), out);
      expect(out.map((shard) => hex(sha256(shard)))).toEqual(parity);
    }
  });

  it('ISA-L computes the same parity (runs where libisal is installed)', (context) => {
    for (const [k, n] of shapes) {
      const parity = isalParity(k, n, 4_096);
      if (parity === undefined) return context.skip('libisal.so.2 or python3 is not installed');
      const out = blank(n - k, 4_096);
      new ReedSolomon({ k, n }, wasm).encode(dataShards(k, 4_096), out);
      expect(out.map((shard) => hex(sha256(shard)))).toEqual(parity);
    }
  });

  it('any k shards rebuild all the others', () => {
    const pick = fc.constantFrom(...shapes).chain(([k, n]) =>
      fc.record({
        shape: fc.constant({ k, n }),
        kept: fc.shuffledSubarray(
          Array.from({ length: n }, (_, i) => i),
          { minLength: k, maxLength: k },
        ),
        blocks: fc.integer({ min: 1, max: 70 }),
        kernel: fc.constantFrom(...kernels),
      }),
    );
    fc.assert(
      fc.property(pick, ({ shape, kept, blocks, kernel }) => {
        const { k, n } = shape;
        const code = new ReedSolomon(shape, kernel);
        const all = [...dataShards(k, blocks * 32), ...blank(n - k, blocks * 32)];
        code.encode(all.slice(0, k), all.slice(k));
        const lost = all.map((_, i) => i).filter((i) => !kept.includes(i));
        const out = blank(lost.length, blocks * 32);
        code.rebuild(new Map(kept.map((i) => [i, all[i] as Uint8Array])), lost, out);
        expect(out.map(hex)).toEqual(lost.map((i) => hex(all[i] as Uint8Array)));
      }),
      { numRuns: 60 },
    );
  });

  it('k − 1 shards rebuild nothing, and say so', () => {
    const code = new ReedSolomon({ k: 4, n: 6 }, wasm);
    const three = new Map(dataShards(3, 32).map((shard, i) => [i, shard]));
    expect(() => code.rebuild(three, [5], blank(1, 32))).toThrow(/not-enough-shards.*3 of the 4/);
  });

  it('uneven columns and impossible shapes are refused by every kernel', () => {
    expect(() => generator(5, 4)).toThrow(/shape/);
    expect(() => generator(1, 256)).toThrow(/shape/);
    for (const kernel of kernels) {
      const code = new ReedSolomon({ k: 2, n: 3 }, kernel);
      expect(() => code.encode([new Uint8Array(32), new Uint8Array(64)], blank(1, 32))).toThrow(/shape/);
      expect(() => code.encode(blank(2, 33), blank(1, 33))).toThrow(/shape/);
    }
  });

  it('kernel memory is fixed: slots of any sizes are reused, one too many is refused', () => {
    const small = wasmKernel({ bytes: 1 << 20 });
    const held = small.alloc(900_000);
    expect(() => small.alloc(900_000)).toThrow(/out-of-memory/);
    small.free(held);
    const sizes = fc.array(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, fc.nat(), (list, order) => {
        const live: { slot: Uint8Array; mark: number }[] = [];
        for (const [i, bytes] of list.entries()) {
          while (live.length > 3)
            small.free(live.splice((order + i) % live.length, 1)[0]?.slot as Uint8Array);
          const slot = small.alloc(bytes).fill(i);
          live.push({ slot, mark: i & 255 });
          for (const other of live) expect(other.slot.every((byte) => byte === other.mark)).toBe(true);
        }
        for (const { slot } of live) small.free(slot);
        small.free(small.alloc(1 << 20));
      }),
      { numRuns: 15 },
    );
  });
});

/** Parity digests from ISA-L through Python's ctypes; undefined where either is missing. */
function isalParity(k: number, n: number, length: number): string[] | undefined {
  const script = `
import ctypes, hashlib, sys
k, n, length = map(int, sys.argv[1:])
isal = ctypes.CDLL('libisal.so.2')
matrix = (ctypes.c_ubyte * (n * k))()
isal.gf_gen_cauchy1_matrix(matrix, n, k)
tables = (ctypes.c_ubyte * (32 * k * (n - k)))()
isal.ec_init_tables(k, n - k, ctypes.byref(matrix, k * k), tables)
bufs = [(ctypes.c_ubyte * length)(*[(i * 7 + j * 31 + (i >> 8)) & 255 for i in range(length)]) for j in range(k)]
outs = [(ctypes.c_ubyte * length)() for _ in range(n - k)]
pointers = lambda all: (ctypes.c_void_p * len(all))(*[ctypes.addressof(b) for b in all])
isal.ec_encode_data(length, k, n - k, tables, pointers(bufs), pointers(outs))
print('\\n'.join(hashlib.sha256(bytes(o)).hexdigest() for o in outs))
`;
  const run = spawnSync('python3', ['-c', script, String(k), String(n), String(length)], {
    encoding: 'utf8',
  });
  return run.status === 0 ? run.stdout.trim().split('\n') : undefined;
}
