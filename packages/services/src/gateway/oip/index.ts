/** The Open Inference Protocol (KServe v2) with the binary tensor data extension: pure codec, no HTTP. */
export { DEFAULT_LIMITS, type OipLimits } from './limits.ts';
export { HEADER_LENGTH, type OipMessage } from './message.ts';
export {
  errorBody,
  liveness,
  type ModelDescription,
  modelMetadata,
  modelReadiness,
  readiness,
  serverMetadata,
} from './metadata.ts';
export { OipError } from './oip-error.ts';
export {
  checkOutputForms,
  encodeInferRequest,
  type IncomingMessage,
  type InferRequest,
  type OutputSelection,
  parseInferRequest,
  type RequestedOutput,
  wantsBinary,
} from './request.ts';
export { encodeInferResponse, type InferResponse, parseInferResponse } from './response.ts';
export type { OipParameter } from './wire-schema.ts';
