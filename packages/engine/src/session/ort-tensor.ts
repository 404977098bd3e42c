/** Between our tensors and ONNX Runtime's. */
import { type Datatype, elementsOf, fromUtf8, type Tensor, tensorOf, utf8 } from '@assay/core';
import { Tensor as OrtTensor } from 'onnxruntime-node';
import { EngineError } from '../errors.ts';

const ORT_TYPES = {
  BOOL: 'bool',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<Datatype, OrtTensor.Type>;

const DATATYPE_OF = new Map<string, Datatype>(
  Object.entries(ORT_TYPES).map(([datatype, ort]) => [ort, datatype as Datatype]),
);

/** Our name of ONNX Runtime's element type, or undefined where the protocol has none (4-bit integers, complex). */
export function datatypeOf(ortType: string): Datatype | undefined {
  return DATATYPE_OF.get(ortType);
}

/**
 * ONNX Runtime's tensor of `tensor`, sharing nothing with it.
 *
 * @throws EngineError `input-element` on a BYTES element that the runtime's strings cannot carry
 */
export function toOrt(tensor: Tensor): OrtTensor {
  if (tensor.datatype === 'BYTES') return new OrtTensor('string', texts(tensor), tensor.shape);
  const elements = elementsOf(tensor, tensor.datatype);
  // Two element types share one typed array (BOOL and UINT8, FP16 and UINT16): the name decides, not the array.
  const type = ORT_TYPES[tensor.datatype] as 'uint8';
  const ort = new OrtTensor(type, elements as Uint8Array, tensor.shape);
  // github.com/microsoft/onnxruntime/pull/32323: the binding of 1.30 takes FP16 only as Uint16Array, and the constructor
  // turns that into a Float16Array. Shadowing `data` gives the binding the array that it can measure.
  return tensor.datatype === 'FP16' ? Object.defineProperty(ort, 'data', { value: elements }) : ort;
}

function texts(tensor: Tensor): string[] {
  return elementsOf(tensor, 'BYTES').map((bytes, index) => {
    const where = `input "${tensor.name}" element ${index}`;
    // The Node binding hands strings over as C strings: what follows a NUL would be cut off without a word.
    if (bytes.includes(0))
      throw new EngineError('input-element', { what: 'a BYTES element holds a zero byte', where });
    try {
      return fromUtf8(bytes);
    } catch (cause) {
      const what = 'a BYTES element is not UTF-8, and ONNX strings are text';
      throw new EngineError('input-element', { what, where, cause });
    }
  });
}

/**
 * Our tensor of ONNX Runtime's output `name`.
 *
 * @throws EngineError `unsupported` on an element type that the protocol has not
 */
export function fromOrt(name: string, ort: OrtTensor): Tensor {
  const datatype = datatypeOf(ort.type);
  if (datatype === undefined) {
    throw new EngineError('unsupported', { what: `element type ${ort.type}`, where: `output "${name}"` });
  }
  const head = { name, datatype, shape: ort.dims };
  if (datatype === 'BYTES') return tensorOf(head, (ort.data as string[]).map(utf8));
  // Each element type comes in the typed array that `Elements` names (FP16 in one of the same width); tensorOf copies it,
  // because the runtime may reuse its memory and an output that was signed must not change.
  return tensorOf(head, ort.data as Uint8Array<ArrayBuffer>);
}
