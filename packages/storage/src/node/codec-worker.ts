/** One thread of the codec pool: passes over bytes where they lie, in the memory it shares with the others. */
import { parentPort, workerData } from 'node:worker_threads';
import { sha256 } from '@assay/core/bytes';
import { encodeHere, type PackFacts, type PackMemory } from '../codec/passes.ts';
import { sharedWasmKernel, type WasmMemory } from '../codec/wasm.ts';
import { cutCandidates } from '../format/gear.ts';
import { shardRoot } from '../merkle.ts';

export interface WorkerStart {
  readonly memory: WasmMemory;
  /** This thread's scratch area in the memory. */
  readonly scratch: number;
}

/** Bytes of the shared memory, and what to do with them. */
export interface PassJob {
  readonly id: number;
  readonly at: number;
  readonly length: number;
  readonly pass: 'digest' | 'root' | 'cuts' | Omit<PackMemory, 'memory'>;
}

export interface PassDone {
  readonly id: number;
  readonly result: Uint8Array | readonly number[] | PackFacts;
}

const { memory, scratch } = workerData as WorkerStart;
const kernel = sharedWasmKernel({ bytes: 0, shared: { memory, scratch } });

parentPort?.on('message', ({ id, at, length, pass }: PassJob) => {
  const bytes = new Uint8Array(memory.buffer, at, length);
  const done: PassDone = { id, result: run(bytes, pass) };
  parentPort?.postMessage(done, []);
});

function run(bytes: Uint8Array, pass: PassJob['pass']): PassDone['result'] {
  if (pass === 'digest') return Uint8Array.from(sha256(bytes));
  if (pass === 'root') return Uint8Array.from(shardRoot(bytes));
  if (pass === 'cuts') return cutCandidates(bytes);
  const { roots, ids } = encodeHere({ ...pass, memory: bytes }, kernel);
  // Hashes may be views of a larger buffer, all of which a message would copy.
  return { roots: roots.map((root) => Uint8Array.from(root)), ids: ids.map((id) => Uint8Array.from(id)) };
}
