/** Outputs as people read them. */
import { elementsOf, fromUtf8, type Tensor } from '@assay/core';

const SHOWN = 12;

/** All elements as JSON values; 64-bit integers as decimal strings. */
export function elementValues(tensor: Tensor): (number | string | boolean)[] {
  switch (tensor.datatype) {
    case 'BYTES':
      return elementsOf(tensor, 'BYTES').map((bytes) => fromUtf8(bytes));
    case 'BOOL':
      return Array.from(elementsOf(tensor, 'BOOL'), (value) => value === 1);
    case 'INT64':
    case 'UINT64':
      return Array.from(elementsOf(tensor, tensor.datatype), String);
    default:
      return Array.from(elementsOf(tensor, tensor.datatype));
  }
}

/** `volatility FP32 [1, 1]: 0.84`; long ones are cut, and say so. */
export function tensorLine(tensor: Tensor): string {
  const values = elementValues(tensor);
  const shown = values
    .slice(0, SHOWN)
    .map((value) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value));
  const rest = values.length > SHOWN ? ` … ${values.length - SHOWN} more` : '';
  return `${tensor.name} ${tensor.datatype} [${tensor.shape.join(', ')}]: ${shown.join(', ')}${rest}`;
}
