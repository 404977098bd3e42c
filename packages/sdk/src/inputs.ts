/** Inputs as people write them, numbers in nested lists, as tensors of the type that the version asks for. */
import { type Datatype, type Elements, type Json, type Tensor, tensorOf, utf8 } from '@assay/core';
import { SdkError } from './errors.ts';

/** What a version says of one of its inputs. */
export interface InputSpec {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** Inputs by name, as nested lists (flat where that is certain), or tensors ready made. */
export type Inputs = readonly Tensor[] | { readonly [name: string]: Json };

/** Tensors of whatever form. @throws SdkError `usage`; TensorError */
export function tensorsOf(inputs: Inputs, specs: readonly InputSpec[]): readonly Tensor[] {
  if (isTensors(inputs)) return inputs;
  return Object.entries(inputs).map(([name, value]) => {
    const spec = specs.find((each) => each.name === name);
    if (spec !== undefined) return inputTensor(spec, value);
    throw new SdkError('usage', {
      what: `the version has no input "${name.slice(0, 80)}"`,
      fix: `Its inputs are ${specs.map((each) => each.name).join(', ')}.`,
    });
  });
}

const isTensors = (inputs: Inputs): inputs is readonly Tensor[] => Array.isArray(inputs);

/** A tensor of nested lists; a flat list takes the version's own shape where that is certain. */
export function inputTensor(spec: InputSpec, value: Json): Tensor {
  const { shape, flat } = unnest(value, spec.name);
  const fitted = shape.length === 1 && spec.shape.length > 1 ? fit(spec.shape, flat.length) : shape;
  return tensorFrom({ name: spec.name, datatype: spec.datatype, shape: fitted }, flat);
}

/** A tensor of a flat list of JSON values. @throws SdkError `usage` for values that the type cannot hold */
export function tensorFrom(head: InputSpec, flat: readonly Json[]): Tensor {
  const { datatype } = head;
  const numbers = (): number[] => flat.map((each) => numberOf(each, head.name));
  const bigints = (): bigint[] => flat.map((each) => bigintOf(each, head.name));
  const make = <D extends Datatype>(type: D, elements: Elements[D]): Tensor =>
    tensorOf({ name: head.name, datatype: type, shape: [...head.shape] }, elements);
  switch (datatype) {
    case 'FP64':
      return make('FP64', Float64Array.from(numbers()));
    case 'FP32':
      return make('FP32', Float32Array.from(numbers()));
    case 'INT8':
      return make('INT8', Int8Array.from(numbers()));
    case 'INT16':
      return make('INT16', Int16Array.from(numbers()));
    case 'INT32':
      return make('INT32', Int32Array.from(numbers()));
    case 'UINT8':
      return make('UINT8', Uint8Array.from(numbers()));
    case 'UINT16':
      return make('UINT16', Uint16Array.from(numbers()));
    case 'UINT32':
      return make('UINT32', Uint32Array.from(numbers()));
    case 'INT64':
      return make('INT64', BigInt64Array.from(bigints()));
    case 'UINT64':
      return make('UINT64', BigUint64Array.from(bigints()));
    case 'BOOL':
      return make('BOOL', Uint8Array.from(flat.map((each) => (each === true || each === 1 ? 1 : 0))));
    case 'BYTES':
      return make(
        'BYTES',
        flat.map((each) => utf8(String(each))),
      );
    case 'FP16':
      throw new SdkError('usage', {
        what: `input "${head.name}" is FP16, which lists cannot hold`,
        fix: 'Give a tensor with its bytes.',
      });
  }
}

function unnest(value: Json, name: string): { shape: number[]; flat: Json[] } {
  if (!Array.isArray(value)) return { shape: [], flat: [value] };
  const parts = value.map((each: Json) => unnest(each, name));
  const [first] = parts;
  const ragged = parts.some(({ shape }) => shape.join() !== first?.shape.join());
  if (ragged) throw new SdkError('usage', { what: `input "${name}" has rows of different lengths` });
  return { shape: [value.length, ...(first?.shape ?? [])], flat: parts.flatMap(({ flat }) => flat) };
}

/** The declared shape, with its one open size filled in. */
function fit(shape: readonly number[], count: number): number[] {
  const fixed = shape.filter((size) => size >= 0).reduce((product, size) => product * size, 1);
  let open = fixed === 0 ? 0 : count / fixed;
  return shape.map((size) => {
    if (size >= 0) return size;
    const filled = open;
    open = 1;
    return filled;
  });
}

function numberOf(value: Json, name: string): number {
  if (typeof value === 'number') return value;
  throw new SdkError('usage', { what: `input "${name}" holds ${JSON.stringify(value)}, which is no number` });
}

function bigintOf(value: Json, name: string): bigint {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw new SdkError('usage', {
    what: `input "${name}" holds ${JSON.stringify(value)}, which is no integer`,
  });
}
