/** Shapes: lists of dimensions whose product is the number of elements. Dimensions are attacker-controlled. */
import { TensorError } from './tensor-error.ts';

/** Most dimensions a tensor may have; ONNX Runtime's kernels go no further than this. */
export const MAX_RANK = 16;

/**
 * Number of elements of `shape`; 1 for the empty shape, which is a scalar.
 *
 * @param where path of the shape, for the error
 * @throws TensorError `shape` on a negative, fractional or unsafe dimension, too many, or an overflowing product
 */
export function elementCount(shape: readonly number[], where = 'shape'): number {
  if (shape.length > MAX_RANK) {
    throw new TensorError('shape', {
      what: `${shape.length} dimensions, at most ${MAX_RANK} are allowed`,
      where,
    });
  }
  let product = 1;
  let empty = false;
  for (const [axis, dim] of shape.entries()) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new TensorError('shape', {
        what: `dimension ${dim} is not a whole number of elements`,
        where: `${where}[${axis}]`,
        fix: 'Send the actual size of every dimension; -1 is only for schemas.',
      });
    }
    if (dim === 0) empty = true;
    else product *= dim;
    // Checked at each step and apart from zeros: [2^40, 2^40, 0] must not slip through as an empty tensor.
    if (!Number.isSafeInteger(product)) {
      throw new TensorError('shape', { what: `[${shape.join(', ')}] has more than 2^53 elements`, where });
    }
  }
  return empty ? 0 : product;
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Whether `shape` fits `schema`, in which -1 stands for any positive size. */
export function fitsShape(shape: readonly number[], schema: readonly number[]): boolean {
  return (
    shape.length === schema.length &&
    schema.every((want, axis) => (want === -1 ? (shape[axis] as number) > 0 : want === shape[axis]))
  );
}
