/** Between a tensor's bytes and the values that programs compute with. */
import type { Datatype } from './datatype.ts';
import { elementCount } from './shape.ts';
import { TensorError } from './tensor-error.ts';
import { checkTensor, type Tensor } from './tensor.ts';

/** Typed arrays per datatype. FP16 is given as raw bits, BOOL as 0 and 1, BYTES as a list of byte strings. */
export interface Elements {
  readonly BOOL: Uint8Array<ArrayBuffer>;
  readonly INT8: Int8Array<ArrayBuffer>;
  readonly INT16: Int16Array<ArrayBuffer>;
  readonly INT32: Int32Array<ArrayBuffer>;
  readonly INT64: BigInt64Array<ArrayBuffer>;
  readonly UINT8: Uint8Array<ArrayBuffer>;
  readonly UINT16: Uint16Array<ArrayBuffer>;
  readonly UINT32: Uint32Array<ArrayBuffer>;
  readonly UINT64: BigUint64Array<ArrayBuffer>;
  readonly FP16: Uint16Array<ArrayBuffer>;
  readonly FP32: Float32Array<ArrayBuffer>;
  readonly FP64: Float64Array<ArrayBuffer>;
  readonly BYTES: readonly Uint8Array[];
}

const ARRAYS = {
  BOOL: Uint8Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A copy of `bytes` with each element's bytes turned between little-endian and this machine's order. */
function hostOrder(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  if (HOST_IS_LITTLE_ENDIAN) return copy;
  for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse();
  return copy;
}

/**
 * The elements of `tensor` as a fresh typed array, when it holds `datatype`.
 *
 * @throws TensorError `datatype` when it holds another one
 * @example
 * ```ts
 * const [volatility] = elementsOf(output, 'FP32');
 * ```
 */
export function elementsOf<D extends Datatype>(tensor: Tensor, datatype: D): Elements[D] {
  if (tensor.datatype !== datatype) {
    throw new TensorError('datatype', {
      what: `holds ${tensor.datatype}, not ${datatype}`,
      where: `tensor "${tensor.name}"`,
    });
  }
  // The table and the interface above are the same map; TypeScript cannot follow it through a type parameter.
  return readElements(tensor) as Elements[D];
}

function readElements(tensor: Tensor): Elements[Datatype] {
  if (tensor.datatype === 'BYTES') return readFrames(tensor.bytes);
  const TypedArray = ARRAYS[tensor.datatype];
  return new TypedArray(hostOrder(tensor.bytes, TypedArray.BYTES_PER_ELEMENT).buffer);
}

function readFrames(bytes: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    out.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return out;
}

/** What a tensor is called and how its elements lie. */
export interface TensorHead<D extends Datatype = Datatype> {
  readonly name: string;
  readonly datatype: D;
  readonly shape: readonly number[];
}

/**
 * A tensor of typed elements, checked.
 *
 * @throws TensorError `name` | `shape` | `size` | `element`
 * @example
 * ```ts
 * const input = tensorOf({ name: 'features', datatype: 'FP32', shape: [1, 2] }, Float32Array.of(1.5, 2));
 * ```
 */
export function tensorOf<D extends Datatype>(head: TensorHead<D>, elements: Elements[D]): Tensor {
  const count = elementCount(head.shape, `tensor "${head.name}".shape`);
  if (elements.length !== count) {
    throw new TensorError('size', {
      what: `${elements.length} elements for shape [${head.shape.join(', ')}], which takes ${count}`,
      where: `tensor "${head.name}"`,
    });
  }
  return checkTensor({ ...head, bytes: elementBytes(elements) });
}

function elementBytes(elements: Elements[Datatype]): Uint8Array {
  if (!ArrayBuffer.isView(elements)) return frameBytes(elements);
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  return hostOrder(bytes, elements.BYTES_PER_ELEMENT);
}

/** The BYTES form of `elements`: each prefixed with its length as u32 little-endian. */
export function frameBytes(elements: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(elements.reduce((length, element) => length + 4 + element.length, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const element of elements) {
    view.setUint32(at, element.length, true);
    out.set(element, at + 4);
    at += 4 + element.length;
  }
  return out;
}
