/** The wire between gateway and node. */
export {
  decodeExecuteRequest,
  encodeExecuteRequest,
  type ExecuteHead,
  type ExecuteRequest,
  requestKey,
} from './execute-request.ts';
export {
  decodeExecuteResponse,
  encodeExecuteResponse,
  eraseResponse,
  type ExecuteResponse,
  type ReadResponse,
  receiptOf,
  saltsOf,
} from './execute-response.ts';
export { decodeFrame, encodeFrame, type Frame, FRAME_TYPE, FrameError } from './frame.ts';
export { type Ask, type Payment, type Salts, verification } from './scalars.ts';
/** Where a node executes. */
export const EXECUTE_PATH = '/assay/v1/execute';
