/** The browser-safe half of the storage room: codec, formats, receipts, progress and the client's state machines. */
export * from './errors.ts';
export type { Kernel, RowProduct } from './codec/kernel.ts';
export { pureKernel } from './codec/pure.ts';
export { ReedSolomon } from './codec/reed-solomon.ts';
export { sharedWasmKernel, wasmKernel, type WasmKernel, type WasmMemory } from './codec/wasm.ts';
