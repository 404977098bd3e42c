/** Writes a tensor's elements as JSON text, exactly: reading the text gives back the same bits. */
import { elementsOf, fromUtf8, type Tensor } from '@assay/core';
import { OipError } from './oip-error.ts';

/**
 * The flat JSON list of `tensor`'s elements.
 *
 * @throws OipError `not-representable` on what JSON cannot carry: FP16, NaN, infinities, whole numbers beyond 2^53,
 *   BYTES that are not text
 */
export function writeElements(tensor: Tensor): string {
  return `[${elementTexts(tensor).join(',')}]`;
}

function elementTexts(tensor: Tensor): readonly string[] {
  switch (tensor.datatype) {
    case 'BOOL':
      return Array.from(elementsOf(tensor, 'BOOL'), (byte) => String(byte === 1));
    case 'BYTES':
      return elementsOf(tensor, 'BYTES').map((bytes) => JSON.stringify(asText(bytes, tensor)));
    case 'FP16':
      throw cannot(tensor, 'FP16 has no JSON form');
    case 'FP32':
      return Array.from(elementsOf(tensor, 'FP32'), (value) => decimal(value, tensor, shortestSingle));
    case 'FP64':
      return Array.from(elementsOf(tensor, 'FP64'), (value) => decimal(value, tensor, String));
    case 'INT64':
    case 'UINT64':
      return Array.from(elementsOf(tensor, tensor.datatype), (value) => wide(value, tensor));
    default:
      return Array.from(elementsOf(tensor, tensor.datatype), String);
  }
}

/** The fewest significant digits that read back as the same single: 17.3 rather than 17.299999237060547. */
function shortestSingle(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  // Nine digits always tell two singles apart (IEEE 754 §5.12.2).
  return String(Number(value.toPrecision(9)));
}

function decimal(value: number, tensor: Tensor, write: (value: number) => string): string {
  if (!Number.isFinite(value)) throw cannot(tensor, `${value} has no JSON form`);
  // String(-0) is "0", which is another value with another commitment.
  return Object.is(value, -0) ? '-0' : write(value);
}

function wide(value: bigint, tensor: Tensor): string {
  if (Number.isSafeInteger(Number(value))) return String(value);
  throw cannot(tensor, `${value} is beyond 2^53, where JSON readers round`);
}

function asText(bytes: Uint8Array, tensor: Tensor): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw cannot(tensor, 'a BYTES element is not text', cause);
  }
}

function cannot(tensor: Tensor, what: string, cause?: unknown): OipError {
  return new OipError('not-representable', {
    what,
    where: `tensor "${tensor.name}"`,
    fix: 'Ask for it as binary data (binary_data on the output, or binary_data_output on the request).',
    cause,
  });
}
