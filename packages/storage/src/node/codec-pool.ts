/** A kernel whose packs are hashed and encoded by worker threads, in place in one shared memory: nothing is copied. */
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Kernel } from '../codec/kernel.ts';
import type { BytePasses, PackFacts } from '../codec/passes.ts';
import { sharedWasmKernel, type WasmKernel } from '../codec/wasm.ts';
import { CodecError } from '../errors.ts';
import { shardRoot } from '../merkle.ts';
import type { PassDone, PassJob, WorkerStart } from './codec-worker.ts';

export interface CodecPoolOptions {
  readonly threads: number;
  /** Bytes for the packs in memory at once. */
  readonly bytes: number;
}

/** Starts the threads. Dispose of the pool when done, or the process stays. */
export function codecPool(options: CodecPoolOptions): CodecPool {
  return new CodecPool(options);
}

/** A thread holds its code and a few hashes; the bytes lie in the shared memory. Megabytes. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 2 };

/**
 * Threads do not share their process's compile cache by themselves, and would each strip types and compile again: that is a
 * fifth of a second and 15 MB for each.
 */
function environment(): NodeJS.ProcessEnv {
  const cache = getCompileCacheDir();
  // The cache makes a folder of its own for each version of Node.
  return cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
}

interface Waiting {
  readonly worker: Thread;
  readonly resolve: (result: PassDone['result']) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  jobs: number;
}

export class CodecPool implements Kernel, AsyncDisposable {
  readonly name = 'wasm-simd';
  readonly passes: BytePasses;
  readonly #kernel: WasmKernel;
  readonly #threads: readonly Thread[];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failed: Error | undefined;

  constructor({ threads, bytes }: CodecPoolOptions) {
    this.#kernel = sharedWasmKernel({ bytes: bytes + threads * 1_048_576 });
    this.#threads = Array.from({ length: threads }, () => ({ worker: this.#start(), jobs: 0 }));
    this.passes = {
      digest: (view) => this.#run(view, 'digest') as Promise<Uint8Array>,
      root: (view) => this.#rootOf(view),
      cutCandidates: (view) => this.#run(view, 'cuts') as Promise<readonly number[]>,
      encode: ({ memory, ...shape }) => this.#run(memory, shape) as Promise<PackFacts>,
    };
  }

  alloc(bytes: number): Uint8Array {
    return this.#kernel.alloc(bytes);
  }

  free(buffer: Uint8Array): void {
    this.#kernel.free(buffer);
  }

  multiplyRows(job: Parameters<Kernel['multiplyRows']>[0]): void {
    this.#kernel.multiplyRows(job);
  }

  /** Shards that lie elsewhere, as manifest pages do, are hashed on this thread. */
  #rootOf(view: Uint8Array): Promise<Uint8Array> {
    if (view.buffer !== this.#kernel.memory.buffer) return Promise.resolve(shardRoot(view));
    return this.#run(view, 'root') as Promise<Uint8Array>;
  }

  /** `view` lies in the shared memory. @throws CodecError `unavailable` when a thread died */
  #run(view: Uint8Array, pass: PassJob['pass']): Promise<PassDone['result']> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const thread = this.#threads.reduce((least, other) => (other.jobs < least.jobs ? other : least));
    const job: PassJob = { id: this.#next++, at: view.byteOffset, length: view.length, pass };
    thread.jobs++;
    const done = new Promise<PassDone['result']>((resolve, reject) => {
      this.#waiting.set(job.id, { worker: thread, resolve, reject });
    });
    thread.worker.postMessage(job, []);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(): Worker {
    const workerData: WorkerStart = { memory: this.#kernel.memory, scratch: this.#kernel.reserveScratch() };
    const options = { workerData, resourceLimits, env: environment() };
    const worker = new Worker(new URL('./codec-worker.ts', import.meta.url), options);
    worker.on('message', ({ id, result }: PassDone) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (waiting === undefined) return;
      waiting.worker.jobs--;
      waiting.resolve(result);
    });
    worker.on('error', (cause) => {
      this.#failed = new CodecError('unavailable', { what: 'an encoding thread died', cause });
      for (const { reject } of this.#waiting.values()) reject(this.#failed);
      this.#waiting.clear();
    });
    return worker;
  }
}
