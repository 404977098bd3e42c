/** Small valid model files of each format, with tensors t0, t1, … of given sizes filled with seeded noise. */
import { concat, utf8 } from '@assay/core';

/** Seeded bytes (xorshift32). */
export function noise(length: number, seed: number): Uint8Array {
  const out = new Uint32Array(Math.ceil(length / 4));
  let x = Math.imul(seed + 1, 0x9e3779b9) | 1;
  for (let i = 0; i < out.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x;
  }
  return new Uint8Array(out.buffer, 0, length);
}

const u64 = (value: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
const u32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);

/** A safetensors file; tensor `reseed` gets other bytes, and `note` makes the header longer. */
export function safetensors(
  sizes: readonly number[],
  change: { note?: string; reseed?: number } = {},
): Uint8Array {
  let at = 0;
  const entries = sizes.map((size, i) => {
    at += size;
    return [`t${i}`, { dtype: 'U8', shape: [size], data_offsets: [at - size, at] }] as const;
  });
  const meta = change.note === undefined ? {} : { __metadata__: { note: change.note } };
  const json = utf8(JSON.stringify({ ...meta, ...Object.fromEntries(entries) }));
  const data = sizes.map((size, i) => noise(size, i === change.reseed ? 1_000 : i));
  return concat(u64(json.length), json, ...data);
}

/** A GGUF v3 file with one string, one array and the default alignment. */
export function gguf(sizes: readonly number[]): Uint8Array {
  const text = (value: string): Uint8Array => concat(u64(value.length), utf8(value));
  const pad = (size: number): number => Math.ceil(size / 32) * 32;
  let at = 0;
  const infos = sizes.map((size, i) => {
    at += pad(size);
    return concat(text(`t${i}`), u32(1), u64(size), u32(24), u64(at - pad(size)));
  });
  const values = [
    concat(text('general.name'), u32(8), text('small')),
    concat(text('tokens'), u32(9), u32(8), u64(2), text('a'), text('b')),
  ];
  const head = concat(utf8('GGUF'), u32(3), u64(sizes.length), u64(values.length), ...values, ...infos);
  const data = sizes.map((size, i) => concat(noise(size, i), new Uint8Array(pad(size) - size)));
  return concat(head, new Uint8Array(pad(head.length) - head.length), ...data);
}

/** An ONNX model with one graph whose initializers carry raw data. */
export function onnx(sizes: readonly number[]): Uint8Array {
  const initializers = sizes.map((size, i) =>
    field(
      5,
      concat(varintField(1, size), varintField(2, 2), field(8, utf8(`t${i}`)), field(9, noise(size, i))),
    ),
  );
  return concat(
    varintField(1, 9),
    field(2, utf8('test')),
    field(7, concat(field(2, utf8('graph')), ...initializers)),
  );
}

function varint(value: number): Uint8Array {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest]);
    out.push((rest % 128) | 128);
  }
}

const field = (number: number, bytes: Uint8Array): Uint8Array =>
  concat(varint(number * 8 + 2), varint(bytes.length), bytes);
const varintField = (number: number, value: number): Uint8Array => concat(varint(number * 8), varint(value));
