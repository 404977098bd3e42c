/** Random tensors, requests and responses for the codec's properties. */
import {
  type Datatype,
  DATATYPES,
  elementCount,
  elementWidth,
  frameBytes,
  type Tensor,
  utf8,
} from '@assay/core';
import fc from 'fast-check';
import type { InferRequest } from '../../src/gateway/oip/index.ts';

const names = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const shapes = fc.array(fc.nat(3), { maxLength: 3 });

function bytesOf(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  const exactly = { minLength: count, maxLength: count };
  if (datatype === 'BYTES') return fc.array(fc.uint8Array({ maxLength: 6 }), exactly).map(frameBytes);
  const length = count * (elementWidth(datatype) as number);
  return fc.uint8Array({ minLength: length, maxLength: length, max: datatype === 'BOOL' ? 1 : 255 });
}

/** What JSON can carry: no FP16, text only, finite, at most 2^53. */
function plainBytesOf(datatype: Datatype, count: number): fc.Arbitrary<Uint8Array> {
  const exactly = { minLength: count, maxLength: count };
  const raw = (list: fc.Arbitrary<ArrayBufferView>): fc.Arbitrary<Uint8Array> =>
    list.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice());
  const finite = { noNaN: true, noDefaultInfinity: true };
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  switch (datatype) {
    case 'BYTES':
      return fc
        .array(fc.string({ unit: 'grapheme', maxLength: 5 }), exactly)
        .map((list) => frameBytes(list.map(utf8)));
    case 'FP32':
      return raw(fc.float32Array({ ...exactly, ...finite }));
    case 'FP64':
      return raw(fc.float64Array({ ...exactly, ...finite }));
    case 'INT64':
      return raw(fc.bigInt64Array({ ...exactly, min: -most, max: most }));
    case 'UINT64':
      return raw(fc.bigUint64Array({ ...exactly, max: most }));
    default:
      return bytesOf(datatype, count);
  }
}

function tensorsOf(
  datatypes: readonly Datatype[],
  bytes: (datatype: Datatype, count: number) => fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<Tensor[]> {
  const tensor = fc
    .tuple(names, fc.constantFrom(...datatypes), shapes)
    .chain(([name, datatype, shape]) =>
      bytes(datatype, elementCount(shape)).map((content) => ({ name, datatype, shape, bytes: content })),
    );
  return fc.uniqueArray(tensor, { maxLength: 4, selector: (one) => one.name });
}

/** Any tensors at all. */
export const anyTensors: fc.Arbitrary<Tensor[]> = tensorsOf(DATATYPES, bytesOf);
/** Tensors that JSON can carry. */
export const plainTensors: fc.Arbitrary<Tensor[]> = tensorsOf(
  DATATYPES.filter((datatype) => datatype !== 'FP16'),
  plainBytesOf,
);

/** Requests with `inputs`. */
export function requestsOf(inputs: fc.Arbitrary<Tensor[]>): fc.Arbitrary<InferRequest> {
  const parameter = fc.oneof(fc.string({ maxLength: 9 }), fc.integer(), fc.boolean());
  const output = fc.record({ name: names, binary: fc.boolean() }, { requiredKeys: ['name'] });
  return fc.record(
    {
      id: fc.string({ maxLength: 20 }),
      parameters: fc.dictionary(fc.stringMatching(/^[a-z][a-z_]{0,11}$/), parameter, { maxKeys: 3 }),
      inputs,
      outputs: fc.uniqueArray(output, { minLength: 1, maxLength: 3, selector: (one) => one.name }),
      binaryOutput: fc.boolean(),
    },
    { requiredKeys: ['parameters', 'inputs', 'binaryOutput'] },
  );
}

/** Tensors with plain arrays for bytes, so that views of different buffers compare equal. */
export const plain = (tensors: readonly Tensor[]): object[] =>
  tensors.map((tensor) => ({ ...tensor, bytes: [...tensor.bytes] }));
