/** The browser-safe half of the storage room: codec, formats, receipts, progress and the client's state machines. */
export * from './errors.ts';
export type { Kernel, RowProduct } from './codec/kernel.ts';
export { type BytePasses, type PackFacts, type PackMemory, passesOf } from './codec/passes.ts';
export { pureKernel } from './codec/pure.ts';
export { ReedSolomon } from './codec/reed-solomon.ts';
export { sharedWasmKernel, wasmKernel, type WasmKernel, type WasmMemory } from './codec/wasm.ts';
export { decodeCbor, encodeCbor, type Cbor } from './cbor.ts';
export {
  hashLeaves,
  LEAF_BYTES,
  leafCount,
  type LeafRange,
  proveRange,
  shardRoot,
  treeRoot,
  verifyLeaves,
} from './merkle.ts';
export { type ChunkPlan, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, planChunks } from './format/chunking.ts';
export { contentCuts } from './format/cdc.ts';
export { readGguf } from './format/gguf.ts';
export {
  checkManifest,
  locate,
  type Manifest,
  type ManifestFile,
  type ManifestTensor,
  payloadBytes,
  totalBytes,
} from './format/manifest.ts';
export { readOnnx } from './format/onnx.ts';
export {
  CODEC,
  decodePackHeader,
  encodePackHeader,
  MAX_SHARD_BYTES,
  type PackHeader,
  packId,
  shardLength,
} from './format/pack.ts';
export { encodeManifest, type PagedManifest, pageIdsOf, readManifest } from './format/pages.ts';
export {
  checkUnchanged,
  manifestOf,
  planDigest,
  planUpload,
  type PlannedPack,
  readPack,
  type SourceFile,
  type UploadPlan,
} from './format/plan.ts';
export { readSafetensors } from './format/safetensors.ts';
export { type ByteSource, memorySource } from './format/source.ts';
export type { Tensor, TensorTable } from './format/tensors.ts';
export * from './capability.ts';
export * from './certificate.ts';
export * from './challenge.ts';
export * from './committee.ts';
export * from './node-facts.ts';
export * from './progress.ts';
export * from './receipt.ts';
export { type Cause, type Evidence, type Revocation, revoke } from './regression.ts';
export {
  type Accusation,
  auditNodes,
  type AuditReport,
  type NeedyPack,
  repairPacks,
} from './client/audit.ts';
export type { UploadEvent } from './client/events.ts';
export type { LaneState } from './client/lane.ts';
export { HedgeBudget, READ_HEDGES, WRITE_HEDGES } from './client/hedge-budget.ts';
export type { TaskContext } from './client/pack-task.ts';
export type * from './client/ports.ts';
export { type BlobReader, openBlob, readContext, type ReaderOptions } from './client/reader.ts';
export {
  type FraudProof,
  InconsistentEncoding,
  type ReadEvent,
  verifyFraudProof,
} from './client/shard-reader.ts';
export { upload, type UploadOptions, type UploadResult } from './client/uploader.ts';
export { type EncodedPack, encodePack, encodePage } from './client/encode.ts';
export { Custody, type Health } from './client/custody.ts';
export type { Renewal } from './client/renew.ts';
export { ShardReader } from './client/shard-reader.ts';
export * from './falsehood.ts';
export {
  certificatePages,
  type PageNodes,
  readCertificatePages,
  readPage,
  storePages,
} from './client/stored-pages.ts';
export * from './wire.ts';
