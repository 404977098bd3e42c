/** Reads the header of a GGUF file, versions 2 and 3 (github.com/ggml-org/ggml, docs/gguf.md). */
import { fromUtf8 } from '@assay/core';
import { FormatError } from '../errors.ts';
import type { ByteSource } from './source.ts';
import { checkedTable, MAX_HEADER_BYTES, MAX_TENSORS, type Tensor, type TensorTable } from './tensors.ts';

/** Bytes of each fixed-size value type, by its number; 8 is a string and 9 an array. */
const VALUE_BYTES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const STRING = 8;
const ARRAY = 9;

/**
 * The tensor table. A tensor's end is the next one's start (or the end of the file), so it may include padding.
 * @throws FormatError `gguf`
 */
export async function readGguf(source: ByteSource): Promise<TensorTable> {
  const limit = Math.min(source.size, MAX_HEADER_BYTES);
  for (let window = Math.min(limit, 1 << 20); ; window = Math.min(limit, window * 4)) {
    const bytes = await source.read(0, window);
    const table = parse(new Cursor(bytes), source.size);
    if (table !== undefined) return checkedTable(table, source.size);
    if (window === limit) throw bad(`the header does not end within ${limit} bytes`);
  }
}

/** The table, or undefined when the header runs past the window. */
function parse(cursor: Cursor, size: number): TensorTable | undefined {
  try {
    return parseHeader(cursor, size);
  } catch (error) {
    if (error instanceof WindowEnd) return undefined;
    throw error;
  }
}

function parseHeader(cursor: Cursor, size: number): TensorTable {
  if (cursor.u32() !== 0x46554747) throw bad('the magic is not "GGUF"');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) throw bad(`version ${version} is not supported`);
  const tensorCount = cursor.u64();
  const valueCount = cursor.u64();
  if (tensorCount > MAX_TENSORS || valueCount > MAX_TENSORS) throw bad('the header claims too many entries');
  const alignment = readAlignment(cursor, valueCount);
  const infos = Array.from({ length: Math.min(tensorCount, MAX_TENSORS) }, () => readInfo(cursor));
  const dataStart = Math.ceil(cursor.at / alignment) * alignment;
  infos.sort((a, b) => a.offset - b.offset);
  const tensors = infos.map(({ offset, ...info }, i): Tensor => {
    const next = infos[i + 1];
    return { ...info, start: dataStart + offset, end: next === undefined ? size : dataStart + next.offset };
  });
  return { format: 'gguf', headerEnd: Math.min(dataStart, size), tensors };
}

function readAlignment(cursor: Cursor, count: number): number {
  let alignment = 32;
  for (let i = 0; i < count; i++) {
    const key = cursor.string();
    const type = cursor.u32();
    if (key === 'general.alignment' && type === 4) alignment = cursor.u32();
    else skipValue(cursor, type, 0);
  }
  if (alignment === 0 || alignment % 8 !== 0 || alignment > 1 << 20)
    throw bad(`alignment ${alignment} is not usable`);
  return alignment;
}

function skipValue(cursor: Cursor, type: number, depth: number): void {
  if (type === STRING) return cursor.skip(cursor.u64());
  if (type !== ARRAY) return cursor.skip(VALUE_BYTES[type] ?? raise(bad(`value type ${type} is unknown`)));
  if (depth > 3) throw bad('arrays are nested beyond reason');
  const inner = cursor.u32();
  const count = cursor.u64();
  if (inner !== STRING && inner !== ARRAY) {
    return cursor.skip(count * (VALUE_BYTES[inner] ?? raise(bad(`value type ${inner} is unknown`))));
  }
  for (let i = 0; i < count; i++) skipValue(cursor, inner, depth + 1);
}

function readInfo(cursor: Cursor): Omit<Tensor, 'start' | 'end'> & { offset: number } {
  const name = cursor.string();
  const dims = cursor.u32();
  if (dims > 8) throw bad(`tensor "${name.slice(0, 80)}" has ${dims} dimensions`);
  const shape = Array.from({ length: dims }, () => cursor.u64());
  return { name, shape, dtype: `ggml:${cursor.u32()}`, offset: cursor.u64() };
}

/** The window ended before the header did: not an error of the file. */
class WindowEnd extends Error {}

class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  skip(count: number): void {
    if (count > this.#bytes.length - this.at) throw new WindowEnd();
    this.at += count;
  }

  u32(): number {
    this.skip(4);
    return this.#view.getUint32(this.at - 4, true);
  }

  u64(): number {
    this.skip(8);
    const value = this.#view.getBigUint64(this.at - 8, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(`${value} is beyond any real size`, this.at - 8);
    return Number(value);
  }

  string(): string {
    const length = this.u64();
    this.skip(length);
    return fromUtf8(this.#bytes.subarray(this.at - length, this.at));
  }
}

function bad(what: string, at?: number): FormatError {
  return new FormatError('gguf', { what, ...(at === undefined ? {} : { where: `byte ${at}` }) });
}

function raise(error: Error): never {
  throw error;
}
