/** Turns a tensor's JSON data, flat or nested, into elements. */
import { type Datatype, type Elements, utf8 } from '@assay/core';
import { OipError } from './oip-error.ts';

/** Where in the request the data stands, for errors. */
type Where = string;

/**
 * The elements of `data`, which is one flat list in row-major order or lists nested as `shape` says.
 *
 * @param count product of `shape`
 * @throws OipError `data` on a wrong number, nesting or element
 */
export function readElements(data: unknown, head: ElementsHead, where: Where): Elements[Datatype] {
  return elementReader(head.datatype)(flatten(data, head, where), where);
}

/** What the data should be. */
export interface ElementsHead {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly count: number;
}

function flatten(data: unknown, { shape, count }: ElementsHead, where: Where): readonly unknown[] {
  if (!Array.isArray(data)) {
    throw new OipError('data', {
      what: 'not a list',
      where,
      fix: 'Send a flat list of elements, or nested lists.',
    });
  }
  if (!Array.isArray(data[0])) {
    if (data.length === count) return data as readonly unknown[];
    throw new OipError('data', {
      what: `${data.length} elements for shape [${shape.join(', ')}], which takes ${count}`,
      where,
    });
  }
  // Depth is bounded by the rank of the shape, not by the data.
  const flat: unknown[] = [];
  unnest(data, shape, { where, flat });
  return flat;
}

function unnest(data: unknown, shape: readonly number[], into: { where: Where; flat: unknown[] }): void {
  const [size, ...inner] = shape;
  if (!Array.isArray(data) || data.length !== size) {
    throw new OipError('data', {
      what: `${Array.isArray(data) ? `a list of ${data.length}` : 'a single element'} where ${size ?? 'no'} are due`,
      where: into.where,
      fix: 'Nested lists must have exactly the sizes that the shape names.',
    });
  }
  if (inner.length === 0) for (const element of data) into.flat.push(element);
  else for (const part of data) unnest(part, inner, into);
}

type Reader = (flat: readonly unknown[], where: Where) => Elements[Datatype];

const INTEGERS = {
  INT8: [Int8Array, -(2 ** 7), 2 ** 7 - 1],
  INT16: [Int16Array, -(2 ** 15), 2 ** 15 - 1],
  INT32: [Int32Array, -(2 ** 31), 2 ** 31 - 1],
  UINT8: [Uint8Array, 0, 2 ** 8 - 1],
  UINT16: [Uint16Array, 0, 2 ** 16 - 1],
  UINT32: [Uint32Array, 0, 2 ** 32 - 1],
} as const;

function elementReader(datatype: Datatype): Reader {
  switch (datatype) {
    case 'BOOL':
      return (flat, where) => Uint8Array.from(flat, (value, i) => Number(boolean(value, at(where, i))));
    case 'BYTES':
      return (flat, where) => flat.map((value, i) => utf8(text(value, at(where, i))));
    case 'FP16':
      return refuseHalf;
    case 'FP32':
      return (flat, where) => Float32Array.from(flat, (value, i) => single(value, at(where, i)));
    case 'FP64':
      return (flat, where) => Float64Array.from(flat, (value, i) => finite(value, at(where, i)));
    case 'INT64':
      return (flat, where) => BigInt64Array.from(flat, (value, i) => wide(value, -Infinity, at(where, i)));
    case 'UINT64':
      return (flat, where) => BigUint64Array.from(flat, (value, i) => wide(value, 0, at(where, i)));
    default: {
      const [TypedArray, min, max] = INTEGERS[datatype];
      return (flat, where) =>
        TypedArray.from(flat.map((value, i) => integer(value, [min, max], at(where, i))));
    }
  }
}

/** A place that is only spelled out when something is wrong there. */
const at = (where: Where, index: number) => (): string => `${where}[${index}]`;
type Place = () => string;

function wrong(value: unknown, expected: string, place: Place, fix?: string): OipError {
  const what = `${shown(value)} is not ${expected}`;
  return new OipError('data', { what, where: place(), ...(fix === undefined ? {} : { fix }) });
}

/** A value in a few characters. Lists are not spelled out: nested deep enough, printing one overflows the stack. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return String(value);
}

function refuseHalf(_flat: readonly unknown[], where: Where): never {
  throw new OipError('data', {
    what: 'FP16 has no JSON form',
    where,
    fix: 'Send it as binary data (parameter binary_data_size).',
  });
}

function boolean(value: unknown, place: Place): boolean {
  if (typeof value === 'boolean') return value;
  throw wrong(value, 'true or false', place);
}

function text(value: unknown, place: Place): string {
  if (typeof value !== 'string') throw wrong(value, 'a string', place);
  if (value.isWellFormed()) return value;
  throw wrong(value, 'well-formed text', place, 'Send bytes that are not text as binary data.');
}

function finite(value: unknown, place: Place): number {
  // JSON has no NaN; a number too large for a double is parsed as infinity.
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(value, 'a finite number', place, 'JSON carries no NaN and no infinity; the binary form does.');
}

function single(value: unknown, place: Place): number {
  const number = finite(value, place);
  if (Number.isFinite(Math.fround(number))) return number;
  throw wrong(value, 'within the range of FP32', place);
}

function integer(value: unknown, [min, max]: readonly [number, number], place: Place): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw wrong(value, `a whole number from ${min} to ${max}`, place);
}

function wide(value: unknown, min: number, place: Place): bigint {
  if (Number.isSafeInteger(value) && (value as number) >= min) return BigInt(value as number);
  const advice = 'JSON readers round whole numbers beyond 2^53: send such values as binary data.';
  throw wrong(value, `a whole number from ${min === 0 ? '0' : '-(2^53 - 1)'} to 2^53 - 1`, place, advice);
}
