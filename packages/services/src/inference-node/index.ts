/** The inference node, for processes that start one and programs that speak to one. */
export { type NodeConfig, nodeConfigSchema } from './config.ts';
export { type Fault, FAULTS, faultyName } from './fault.ts';
export { NodeError } from './node-error.ts';
export type { NodeState } from './node-state.ts';
export { type Payload, readPayload } from './payload.ts';
export { startInferenceNode } from './start.ts';
