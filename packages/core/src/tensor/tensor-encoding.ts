/** The canonical bytes of a list of tensors, over which commitments are made (PROTOCOL 1.4, specs/tensor-encoding.md). */
import { compareBytes, concat, equal, fromUtf8, utf8 } from '../bytes.ts';
import { type Datatype, isDatatype } from './datatype.ts';
import { TensorError } from './tensor-error.ts';
import { checkTensor, type Tensor } from './tensor.ts';

const MAGIC = utf8('assay.tensors/v1\n');

function little(width: 4 | 8, value: number): Uint8Array {
  const out = new Uint8Array(width);
  const view = new DataView(out.buffer);
  if (width === 4) view.setUint32(0, value, true);
  else view.setBigUint64(0, BigInt(value), true);
  return out;
}

/**
 * Encodes tensors so that equal lists, in any order, give equal bytes, and different lists different bytes.
 * Every part has a fixed width or is preceded by its length, which makes the encoding injective.
 *
 * @throws TensorError when a tensor breaks its own rules, or `name` when two bear one name
 */
export function encodeTensors(tensors: readonly Tensor[]): Uint8Array {
  const named = tensors.map((tensor) => ({ tensor: checkTensor(tensor), name: utf8(tensor.name) }));
  named.sort((a, b) => compareBytes(a.name, b.name));
  const parts: Uint8Array[] = [MAGIC, little(4, named.length)];
  for (const [i, { tensor, name }] of named.entries()) {
    const before = named[i - 1];
    if (before !== undefined && equal(before.name, name)) {
      throw new TensorError('name', { what: `"${tensor.name}" is given twice`, where: 'tensor list' });
    }
    const datatype = utf8(tensor.datatype);
    parts.push(little(4, name.length), name, little(4, datatype.length), datatype);
    parts.push(little(4, tensor.shape.length), ...tensor.shape.map((dim) => little(8, dim)));
    parts.push(little(8, tensor.bytes.length), tensor.bytes);
  }
  return concat(...parts);
}

/**
 * The tensors that `encodeTensors` turned into `bytes`, in the encoding's order.
 *
 * @throws TensorError `encoding` (or the code of the tensor rule that broke) unless encoding the result again would
 *   give exactly `bytes`; EncodingError `utf8` on a name that is not text
 */
export function decodeTensors(bytes: Uint8Array): Tensor[] {
  const reader = new Reader(bytes);
  if (!equal(reader.take(MAGIC.length), MAGIC)) {
    throw new TensorError('encoding', { what: 'does not start with "assay.tensors/v1"', where: 'byte 0' });
  }
  const count = reader.u32();
  const tensors: Tensor[] = [];
  // A count has no bound of its own, but each tensor takes bytes, so a false one runs into the end soon.
  for (let i = 0; i < count; i++) tensors.push(readTensor(reader));
  // Order, duplicates, trailing bytes and non-minimal spellings all fail here.
  if (!equal(encodeTensors(tensors), bytes)) {
    throw new TensorError('encoding', { what: 'is not the canonical encoding of the tensors it holds' });
  }
  return tensors;
}

function readTensor(reader: Reader): Tensor {
  const name = fromUtf8(reader.take(reader.u32()));
  const datatype = readDatatype(reader);
  const shape: number[] = [];
  for (let left = reader.u32(); left > 0; left--) shape.push(reader.u64());
  return { name, datatype, shape, bytes: reader.take(reader.u64()) };
}

function readDatatype(reader: Reader): Datatype {
  const text = fromUtf8(reader.take(reader.u32()));
  if (isDatatype(text)) return text;
  throw new TensorError('encoding', { what: `"${text}" is not a tensor datatype`, where: reader.where });
}

/** Takes bytes from the front and refuses to run past the end. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get where(): string {
    return `byte ${this.#at}`;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) {
      throw new TensorError('encoding', { what: `wants ${length} bytes past the end`, where: this.where });
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  u32(): number {
    this.take(4);
    return this.#view.getUint32(this.#at - 4, true);
  }

  u64(): number {
    this.take(8);
    const value = this.#view.getBigUint64(this.#at - 8, true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new TensorError('encoding', { what: `${value} is above 2^53`, where: this.where });
  }
}
