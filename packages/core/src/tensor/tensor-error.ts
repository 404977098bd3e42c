/** The one error family of tensors: a name, shape, element or encoding that breaks the rules. */
import { AssayError } from '../errors.ts';

/**
 * - `name`: empty, too long, not well-formed text, or given twice
 * - `datatype`: not one of the protocol's element types, or not the one asked for
 * - `shape`: negative, fractional or overflowing dimensions
 * - `size`: bytes or elements do not match the shape
 * - `element`: an element that its datatype cannot hold
 * - `encoding`: bytes that are not a canonical tensor list
 */
export class TensorError extends AssayError<
  'name' | 'datatype' | 'shape' | 'size' | 'element' | 'encoding'
> {}
