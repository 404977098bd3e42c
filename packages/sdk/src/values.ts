/** Outputs as programs and people read them. */
import { elementsOf, fromUtf8, type Tensor } from '@assay/core';

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
