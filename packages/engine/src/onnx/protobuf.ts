/** Writes the few protobuf wire types that ONNX needs (protobuf.dev/programming-guides/encoding). */
import { concat, utf8 } from '@assay/core';

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** An encoded field. A message is the concatenation of its fields in the order given: same fields, same bytes. */
export type Field = Uint8Array;

function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  // Negative int64 values travel as their 64-bit two's complement, ten bytes long.
  let left = BigInt.asUintN(64, BigInt(value));
  while (left >= 0x80n) {
    out.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  out.push(Number(left));
  return Uint8Array.from(out);
}

const tag = (field: number, wireType: number): Uint8Array => varint(field * 8 + wireType);

/** An int32, int64 or enum field. */
export function intField(field: number, value: number | bigint): Field {
  return concat(tag(field, VARINT), varint(value));
}

/** A 32-bit float field. */
export function floatField(field: number, value: number): Field {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat(tag(field, FIXED32), bytes);
}

/** A bytes field. */
export function bytesField(field: number, bytes: Uint8Array): Field {
  return concat(tag(field, LENGTH_DELIMITED), varint(bytes.length), bytes);
}

/** A string field. */
export function stringField(field: number, text: string): Field {
  return bytesField(field, utf8(text));
}

/** An embedded message. */
export function messageField(field: number, ...fields: readonly Field[]): Field {
  return bytesField(field, concat(...fields));
}
