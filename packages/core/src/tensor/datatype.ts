/** The tensor element types of the Open Inference Protocol, and how many bytes one element takes. */

/** Bytes per element. BYTES has no fixed width: each element is a u32 little-endian length and that many bytes. */
const WIDTHS = {
  BOOL: 1,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: undefined,
} as const;

/** Element type of a tensor, in the protocol's spelling. */
export type Datatype = keyof typeof WIDTHS;

/** All element types, in the order of the protocol's table. */
export const DATATYPES = Object.keys(WIDTHS) as readonly Datatype[] as readonly [Datatype, ...Datatype[]];

/** Whether `text` names an element type. Case matters, as it does in the protocol. */
export function isDatatype(text: string): text is Datatype {
  return Object.hasOwn(WIDTHS, text);
}

/** Bytes of one element, or undefined for BYTES. */
export function elementWidth(datatype: Datatype): number | undefined {
  return WIDTHS[datatype];
}

/** Whether elements are floating-point numbers, so that NaN and infinities are possible. */
export function isFloat(datatype: Datatype): datatype is 'FP16' | 'FP32' | 'FP64' {
  return datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
}
