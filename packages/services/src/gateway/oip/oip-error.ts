/** Errors of the Open Inference Protocol codec: each code has its HTTP status. */
import { AssayError, TensorError } from '@assay/core';

const STATUS = {
  /** The body is not UTF-8 JSON where it should be. */
  json: 400,
  /** Inference-Header-Content-Length is malformed, missing or past the body. */
  'header-length': 400,
  /** A member of the request is missing or of the wrong kind. */
  request: 400,
  /** A tensor's name or datatype. */
  tensor: 400,
  /** Dimensions, or their product. */
  shape: 400,
  /** An element, or how many there are. */
  data: 400,
  /** The binary tail: short, left over, or announced and absent. */
  binary: 400,
  /** The answer cannot be written in the form asked for. */
  'not-representable': 406,
  'too-large': 413,
  /** A part of the protocol's extensions that we do not speak. */
  unsupported: 501,
  /** The other side's answer breaks the protocol (client side of the codec). */
  response: 502,
} as const;

/** What went wrong with a request or response, in a person's words; `status` is the HTTP status to answer with. */
export class OipError extends AssayError<keyof typeof STATUS> {
  /** HTTP status. */
  get status(): number {
    return STATUS[this.code];
  }
}

const OF_TENSOR: Readonly<Record<TensorError['code'], OipError['code']>> = {
  name: 'tensor',
  datatype: 'tensor',
  shape: 'shape',
  size: 'data',
  element: 'data',
  encoding: 'data',
};

/** Runs `work`, turning what core says of a tensor into the protocol's error. */
export function asOipError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TensorError)) throw error;
    throw new OipError(OF_TENSOR[error.code], {
      what: error.what,
      cause: error,
      ...(error.where === undefined ? {} : { where: error.where }),
      ...(error.fix === undefined ? {} : { fix: error.fix }),
    });
  }
}
