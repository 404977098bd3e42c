/** Erasure codes of npm beside ours: MB/s of data at 10 + 6 with shards of 1 MiB, and Walrus's code with its Merkle trees. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReedSolomon, shardRoot, wasmKernel } from '@assay/storage';
import { optional } from './peer.ts';
import { MIB, rate } from './stats.ts';

const [K, N] = [10, 16];
const require = createRequire(import.meta.url);

export interface Codec {
  readonly name: string;
  /** Encodes once; MB/s of data. */
  measure(): number;
  /** Bytes stored per byte given. */
  readonly stored?: number;
}

const speed = (bytes: number, run: () => unknown): number => {
  const started = performance.now();
  run();
  return rate(bytes, performance.now() - started);
};

/** Our kernel alone, and with the Merkle roots of every shard, as Walrus computes its own. */
export function ours(): { bare: Codec; hashed: Codec } {
  const kernel = wasmKernel({ bytes: (N + 2) * MIB });
  const shards = Array.from({ length: N }, (_, i) => kernel.alloc(MIB).fill(i * 13 + 1));
  const code = new ReedSolomon({ k: K, n: N }, kernel);
  const encode = (): void => code.encode(shards.slice(0, K), shards.slice(K));
  const hashed = (): void => {
    encode();
    shards.forEach(shardRoot);
  };
  return {
    bare: { name: 'ours, WebAssembly SIMD', measure: () => speed(K * MIB, encode) },
    hashed: { name: 'ours with every root', measure: () => speed(K * MIB, hashed) },
  };
}

/** Those of bench/package.json that are installed. */
export async function others(): Promise<Codec[]> {
  return [await subspace(), await plainWasm()].filter((codec) => codec !== undefined);
}

async function subspace(): Promise<Codec | undefined> {
  const name = '@subspace/reed-solomon-erasure.wasm';
  const module = await optional(name);
  if (module === undefined) return undefined;
  interface Erasure {
    encode(shards: Uint8Array, data: number, parity: number): number;
  }
  const api = (module['default'] ?? module) as Record<string, { fromBytes(bytes: Uint8Array): Erasure }>;
  const path = require.resolve(name).replace(/index\.js$/, 'reed_solomon_erasure_bg.wasm');
  const erasure = (api['ReedSolomonErasure'] as { fromBytes(bytes: Uint8Array): Erasure }).fromBytes(
    readFileSync(path),
  );
  const shards = new Uint8Array(N * MIB).fill(7);
  return { name, measure: () => speed(K * MIB, () => erasure.encode(shards, K, N - K)) };
}

async function plainWasm(): Promise<Codec | undefined> {
  const name = 'wasm-reed-solomon-erasure';
  const module = await optional(name);
  if (module === undefined) return undefined;
  type Encode = (shards: Uint8Array[], parity: number) => Uint8Array[];
  const encode = (module['encode'] ?? (module['default'] as Record<string, unknown>)['encode']) as Encode;
  const shards = Array.from({ length: K }, (_, i) => new Uint8Array(MIB).fill(i));
  return { name, measure: () => speed(K * MIB, () => encode(shards, N - K)) };
}

/** Walrus's encoder for `n` nodes: RedStuff, with its hashes. */
export async function walrus(n: number): Promise<Codec | undefined> {
  const module = await optional('@mysten/walrus-wasm');
  if (module === undefined) return undefined;
  type Encoder = new (n: number) => {
    encode(data: Uint8Array, primary: Uint8Array[], secondary: Uint8Array[]): unknown;
  };
  const BlobEncoder = module['BlobEncoder'] as Encoder;
  const f = Math.floor((n - 1) / 3);
  const [rows, columns] = [n - 2 * f, n - f];
  // The largest even symbol that two bytes can count, or a megabyte's worth.
  const symbol = Math.min(65_534, Math.ceil(MIB / (rows * columns * 2)) * 2);
  const data = new Uint8Array(symbol * rows * columns).fill(7);
  const slivers = (symbols: number): Uint8Array[] =>
    Array.from({ length: n }, () => new Uint8Array(symbols * symbol + prefix(symbols * symbol) + 4));
  const [primary, secondary] = [slivers(columns), slivers(rows)];
  const encoder = new BlobEncoder(n);
  return {
    name: `@mysten/walrus-wasm, n = ${n}`,
    measure: () => speed(data.length, () => encoder.encode(data, primary, secondary)),
    stored: (n * (rows + columns) * symbol) / data.length,
  };
}

/** Bytes of a ULEB128 length. */
const prefix = (length: number): number => Math.ceil(Math.log2(length + 1) / 7);
