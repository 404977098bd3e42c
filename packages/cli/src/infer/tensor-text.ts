/** Outputs as people read them. */
import type { Tensor } from '@assay/core';
import { elementValues } from '@assay/sdk';

const SHOWN = 12;

/** `volatility FP32 [1, 1]: 0.84`; long ones are cut, and say so. */
export function tensorLine(tensor: Tensor): string {
  const values = elementValues(tensor);
  const shown = values
    .slice(0, SHOWN)
    .map((value) => (typeof value === 'number' ? Number(value.toPrecision(7)) : value));
  const rest = values.length > SHOWN ? ` … ${values.length - SHOWN} more` : '';
  return `${tensor.name} ${tensor.datatype} [${tensor.shape.join(', ')}]: ${shown.join(', ')}${rest}`;
}
