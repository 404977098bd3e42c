/** Finds the tensors of an ONNX model (onnx/onnx.proto) by walking protobuf fields, never loading the weights. */
import { fromUtf8 } from '@assay/core';
import { FormatError } from '../errors.ts';
import type { ByteSource } from './source.ts';
import { checkedTable, MAX_TENSORS, type Tensor, type TensorTable } from './tensors.ts';

// Field numbers of ModelProto, GraphProto, TensorProto and StringStringEntryProto.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR = { dims: 1, dataType: 2, name: 8, raw: 9, external: 13 } as const;
const MAX_FIELDS = 4 * MAX_TENSORS;

/** A tensor whose bytes lie in another file beside the model. */
export interface ExternalTensor extends Tensor {
  /** Path relative to the model; `start` and `end` are offsets in that file, `end` 0 when the model leaves it open. */
  readonly location: string;
}

/** The tensors inside the file, and those it refers to. */
export interface OnnxTable extends TensorTable {
  readonly external: readonly ExternalTensor[];
}

/** @throws FormatError `onnx` when the bytes are not a model whose fields fit inside one another */
export async function readOnnx(source: ByteSource): Promise<OnnxTable> {
  const walker = new Walker(source);
  const tensors: Tensor[] = [];
  const external: ExternalTensor[] = [];
  let graphs = 0;
  for await (const field of walker.fields(0, source.size)) {
    if (field.number !== MODEL_GRAPH || field.wire !== 2) continue;
    graphs++;
    for await (const inner of walker.fields(field.start, field.end)) {
      if (inner.number !== GRAPH_INITIALIZER || inner.wire !== 2) continue;
      const found = await readTensor(walker, inner);
      if (found.location === undefined) tensors.push(found);
      else external.push({ ...found, location: found.location });
    }
  }
  if (graphs !== 1) throw bad(`a model has one graph, this has ${graphs}`);
  const inside = tensors.filter((tensor) => tensor.end > tensor.start);
  return { ...checkedTable({ format: 'onnx', headerEnd: 0, tensors: inside }, source.size), external };
}

async function readTensor(walker: Walker, at: Field): Promise<Tensor & { location?: string }> {
  const shape: number[] = [];
  const place: Record<string, string> = {};
  let [name, dtype, start, end] = ['', 'onnx:0', 0, 0];
  for await (const field of walker.fields(at.start, at.end)) {
    if (field.number === TENSOR.dims && field.wire === 0) shape.push(field.value);
    else if (field.number === TENSOR.dims && field.wire === 2) shape.push(...(await walker.packed(field)));
    else if (field.number === TENSOR.dataType && field.wire === 0) dtype = `onnx:${field.value}`;
    else if (field.number === TENSOR.name && field.wire === 2) name = await walker.text(field);
    else if (field.number === TENSOR.raw && field.wire === 2) [start, end] = [field.start, field.end];
    else if (field.number === TENSOR.external && field.wire === 2) await readEntry(walker, field, place);
    if (shape.length > 64) throw bad('a tensor has over 64 dimensions', field.start);
  }
  if (place.location === undefined) return { name, dtype, shape, start, end };
  const from = Number(place.offset ?? 0);
  const length = Number(place.length ?? 0);
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(length) || from < 0 || length < 0) {
    throw bad(`tensor "${name.slice(0, 80)}" lies at ${place.offset}+${place.length} of another file`);
  }
  return { name, dtype, shape, start: from, end: length === 0 ? 0 : from + length, location: place.location };
}

async function readEntry(walker: Walker, at: Field, place: Record<string, string>): Promise<void> {
  let [key, value] = ['', ''];
  for await (const field of walker.fields(at.start, at.end)) {
    if (field.number === 1 && field.wire === 2) key = await walker.text(field);
    if (field.number === 2 && field.wire === 2) value = await walker.text(field);
  }
  if (key === 'location' || key === 'offset' || key === 'length') place[key] = value;
}

interface Field {
  readonly number: number;
  /** Protobuf wire type: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  /** Of a varint. */
  readonly value: number;
  /** The contents' place in the file. */
  readonly start: number;
  readonly end: number;
}

/** Steps over protobuf fields through a small window, so that a gigabyte of weights costs one comparison. */
class Walker {
  readonly #source: ByteSource;
  #window = new Uint8Array(0);
  #base = 0;
  #fields = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async *fields(from: number, to: number): AsyncGenerator<Field> {
    let at = from;
    while (at < to) {
      if (++this.#fields > MAX_FIELDS) throw bad('the model has too many fields', at);
      const field = await this.#field(at, to);
      yield field;
      at = field.end;
    }
  }

  async text(field: Field): Promise<string> {
    return fromUtf8(await this.#small(field));
  }

  async packed(field: Field): Promise<number[]> {
    const bytes = await this.#small(field);
    const out: number[] = [];
    for (let at = 0; at < bytes.length;) {
      const [value, next] = varint(bytes, at, field.start);
      out.push(value);
      at = next;
    }
    return out;
  }

  async #small(field: Field): Promise<Uint8Array> {
    if (field.end - field.start > 65_536) throw bad('a name or shape is longer than 64 KiB', field.start);
    return this.#source.read(field.start, field.end - field.start);
  }

  async #field(at: number, to: number): Promise<Field> {
    const bytes = await this.#peek(at, Math.min(20, to - at));
    const [tag, afterTag] = varint(bytes, 0, at);
    const wire = tag & 7;
    const number = Math.floor(tag / 8);
    if (number === 0) throw bad('field number 0', at);
    const start = at + afterTag;
    if (wire === 0) {
      const [value, next] = varint(bytes, afterTag, at);
      return { number, wire, value, start, end: at + next };
    }
    if (wire === 1 || wire === 5)
      return fit({ number, wire, value: 0, start, end: start + (wire === 1 ? 8 : 4) }, to);
    if (wire !== 2) throw bad(`wire type ${wire} is not used by ONNX`, at);
    const [length, next] = varint(bytes, afterTag, at);
    return fit({ number, wire, value: 0, start: at + next, end: at + next + length }, to);
  }

  async #peek(at: number, length: number): Promise<Uint8Array> {
    const inside = at >= this.#base && at + length <= this.#base + this.#window.length;
    if (!inside) {
      this.#base = at;
      this.#window = Uint8Array.from(await this.#source.read(at, Math.min(65_536, this.#source.size - at)));
    }
    return this.#window.subarray(at - this.#base, at - this.#base + length);
  }
}

function fit(field: Field, to: number): Field {
  if (field.end > to)
    throw bad(`a field of ${field.end - field.start} bytes leaves its message`, field.start);
  return field;
}

/** A varint at `at` and the offset after it. Values beyond 2^53 lose precision, and no offset check lets them through. */
function varint(bytes: Uint8Array, at: number, base: number): [number, number] {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) break;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return [value, at + i + 1];
  }
  throw bad('a number is cut short or too long', base + at);
}

function bad(what: string, at?: number): FormatError {
  return new FormatError('onnx', { what, ...(at === undefined ? {} : { where: `byte ${at}` }) });
}
