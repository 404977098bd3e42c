/** The engine room: executes model versions, and knows nothing of HTTP, keys or the log. */
export { EngineError, isCallerFault } from './errors.ts';
export { instructionSet, type RuntimeFingerprint, runtimeFingerprint } from './fingerprint.ts';
export { type EngineOptions, OnnxEngine } from './onnx-engine.ts';
export { type OnnxAttribute, type OnnxGraph, onnxModel, type OnnxNode } from './onnx/model-writer.ts';
export { SessionCache, type SessionCacheOptions } from './session-cache.ts';
export { type RunResult, type Session } from './session/session.ts';
