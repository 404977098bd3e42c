/** A tensor: name, element type, shape, and its elements as the exact little-endian bytes that are committed. */
import { type Datatype, elementWidth, isDatatype } from './datatype.ts';
import { elementCount } from './shape.ts';
import { TensorError } from './tensor-error.ts';

/**
 * One named tensor. The bytes are the truth: row-major, little-endian, no padding; BOOL is one byte, 0 or 1; a BYTES
 * element is its length as u32 little-endian, then its bytes. That is also the wire form of the binary tensor data
 * extension, so a tensor that came in as binary is committed, executed and returned without being re-encoded.
 */
export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Longest tensor name, in UTF-16 units. */
export const MAX_TENSOR_NAME = 256;

/**
 * Checks everything that makes a tensor one value with one encoding, and returns it.
 *
 * @param where path of the tensor, for errors; its name when absent
 * @throws TensorError `name` | `datatype` | `shape` | `size` | `element`
 */
export function checkTensor(tensor: Tensor, where = `tensor "${tensor.name}"`): Tensor {
  checkTensorName(tensor.name, where);
  if (!isDatatype(tensor.datatype)) {
    throw new TensorError('datatype', {
      what: `"${String(tensor.datatype)}" is not a tensor datatype`,
      where,
    });
  }
  const count = elementCount(tensor.shape, `${where}.shape`);
  if (tensor.datatype === 'BYTES') {
    checkFrames(tensor.bytes, count, where);
    return tensor;
  }
  const want = count * (elementWidth(tensor.datatype) as number);
  if (tensor.bytes.length !== want) {
    const shape = `${tensor.datatype} of shape [${tensor.shape.join(', ')}]`;
    throw new TensorError('size', {
      what: `${tensor.bytes.length} bytes for ${shape}, which takes ${want}`,
      where,
    });
  }
  if (tensor.datatype === 'BOOL') checkBooleans(tensor.bytes, where);
  return tensor;
}

/** @throws TensorError `name` unless it is 1 to 256 units of well-formed text. */
export function checkTensorName(name: string, where: string): void {
  if (name.length === 0 || name.length > MAX_TENSOR_NAME || !name.isWellFormed()) {
    throw new TensorError('name', {
      what: `a tensor name must be 1 to ${MAX_TENSOR_NAME} characters of well-formed text`,
      where,
    });
  }
}

// Two bytes for "true" would be two commitments to one answer.
function checkBooleans(bytes: Uint8Array, where: string): void {
  const bad = bytes.findIndex((byte) => byte > 1);
  if (bad === -1) return;
  throw new TensorError('element', {
    what: `BOOL byte ${bytes[bad]} is neither 0 nor 1`,
    where: `${where} element ${bad}`,
  });
}

function checkFrames(bytes: Uint8Array, count: number, where: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  for (let i = 0; i < count; i++) {
    // Lengths are attacker-controlled: compare with what is left, never add first.
    if (bytes.length - at < 4 || view.getUint32(at, true) > bytes.length - at - 4) {
      throw new TensorError('size', {
        what: `BYTES element ${i} of ${count} runs past the end of ${bytes.length} bytes`,
        where: `${where} byte ${at}`,
        fix: 'Prefix each element with its length as an unsigned 32-bit little-endian integer.',
      });
    }
    at += 4 + view.getUint32(at, true);
  }
  if (at !== bytes.length) {
    const what = `${bytes.length - at} bytes are left over after ${count} BYTES elements`;
    throw new TensorError('size', { what, where: `${where} byte ${at}` });
  }
}
