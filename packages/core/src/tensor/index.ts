/** Tensors: what goes into a model and comes out of it, and the bytes by which both are committed. */
export { type Datatype, DATATYPES, elementWidth, isDatatype, isFloat } from './datatype.ts';
export { type Elements, elementsOf, frameBytes, type TensorHead, tensorOf } from './elements.ts';
export { firstNonFinite } from './non-finite.ts';
export { elementCount, fitsShape, MAX_RANK, sameShape } from './shape.ts';
export { decodeTensors, encodeTensors } from './tensor-encoding.ts';
export { TensorError } from './tensor-error.ts';
export { checkTensor, checkTensorName, MAX_TENSOR_NAME, type Tensor } from './tensor.ts';
