/** Reads the header of a safetensors file (github.com/huggingface/safetensors, "Format"). */
import { fromUtf8 } from '@assay/core';
import { FormatError } from '../errors.ts';
import type { ByteSource } from './source.ts';
import { checkedTable, MAX_HEADER_BYTES, MAX_TENSORS, type Tensor, type TensorTable } from './tensors.ts';

/** Commas and brackets in a header: bounds what JSON.parse may build from it. */
const MAX_TOKENS = 12 * MAX_TENSORS;
const MAX_DEPTH = 4;

/**
 * The tensor table. As the format demands, the tensors must tile the bytes after the header exactly.
 * @throws FormatError `safetensors`
 */
export async function readSafetensors(source: ByteSource): Promise<TensorTable> {
  if (source.size < 10) throw bad('the file is too short for a header');
  const first = await source.read(0, 8);
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  // Length is attacker-controlled: compare as a bigint before it becomes an offset.
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, source.size - 8)) || length < 2n) {
    throw bad(`the header claims ${length} bytes of a ${source.size}-byte file`);
  }
  const headerEnd = 8 + Number(length);
  const entries = Object.entries(parseHeader(await source.read(8, Number(length))));
  const tensors = entries
    .filter(([name]) => name !== '__metadata__')
    .map(([name, v]) => tensor(name, v, headerEnd));
  const table = checkedTable({ format: 'safetensors', headerEnd, tensors }, source.size);
  let at = headerEnd;
  for (const { name, start, end } of table.tensors) {
    if (start !== at) throw bad(`a hole lies before tensor "${name.slice(0, 80)}"`, `byte ${at}`);
    at = end;
  }
  if (at !== source.size) throw bad(`${source.size - at} bytes follow the last tensor`);
  return table;
}

function parseHeader(bytes: Uint8Array): object {
  boundTokens(bytes);
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw new FormatError('safetensors', { what: 'the header is not JSON', cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('the header is not an object');
  return value;
}

/** Refuses nesting and token counts no real header has, in one pass and without allocating. */
function boundTokens(bytes: Uint8Array): void {
  let depth = 0;
  let tokens = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    if (!quoted && (byte === 0x2c || byte === 0x3a)) tokens++;
    if (depth > MAX_DEPTH || tokens > MAX_TOKENS)
      throw bad('the header is nested or long beyond reason', `byte ${i}`);
  }
}

function tensor(name: string, value: unknown, headerEnd: number): Tensor {
  const entry = value as { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null;
  const { dtype, shape, data_offsets: offsets } = entry ?? {};
  if (typeof dtype !== 'string' || !isUints(shape) || !isUints(offsets) || offsets.length !== 2) {
    throw bad(`tensor "${name.slice(0, 80)}" lacks a dtype, shape or data_offsets`);
  }
  return {
    name,
    dtype,
    shape,
    start: headerEnd + (offsets[0] as number),
    end: headerEnd + (offsets[1] as number),
  };
}

function isUints(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((v) => Number.isSafeInteger(v) && v >= 0);
}

function bad(what: string, where = 'the header'): FormatError {
  return new FormatError('safetensors', { what, where });
}
