/** One thread of the codec pool: encodes and hashes packs where they lie. */
import { parentPort, workerData } from 'node:worker_threads';
import { sharedWasmKernel, type WasmMemory } from '../codec/wasm.ts';
import { encodeHere } from '../client/encode.ts';

export interface WorkerStart {
  readonly memory: WasmMemory;
  /** This thread's scratch area in the memory. */
  readonly scratch: number;
}

/** A pack at `at` in the shared memory: n shards of `shardLen` bytes end to end, the first k filled. */
export interface EncodeJob {
  readonly id: number;
  readonly k: number;
  readonly n: number;
  readonly at: number;
  readonly shardLen: number;
}

export interface EncodeDone {
  readonly id: number;
  readonly roots: Uint8Array[];
}

const { memory, scratch } = workerData as WorkerStart;
const kernel = sharedWasmKernel({ bytes: 0, shared: { memory, scratch } });

parentPort?.on('message', ({ id, k, n, at, shardLen }: EncodeJob) => {
  const shards = Array.from(
    { length: n },
    (_, i) => new Uint8Array(memory.buffer, at + i * shardLen, shardLen),
  );
  const done: EncodeDone = { id, roots: encodeHere(shards, { kernel, k }) };
  parentPort?.postMessage(done, []);
});
