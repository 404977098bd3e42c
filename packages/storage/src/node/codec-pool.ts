/** A kernel whose packs are encoded and hashed by worker threads, in place in one shared memory: nothing is copied. */
import { Worker } from 'node:worker_threads';
import type { Kernel } from '../codec/kernel.ts';
import { sharedWasmKernel, type WasmKernel } from '../codec/wasm.ts';
import { CodecError } from '../errors.ts';
import type { EncodeDone, EncodeJob, WorkerStart } from './codec-worker.ts';

export interface CodecPoolOptions {
  readonly threads: number;
  /** Bytes for the packs in memory at once. */
  readonly bytes: number;
}

/** Starts the threads. Dispose of the pool when done, or the process stays. */
export function codecPool(options: CodecPoolOptions): CodecPool {
  return new CodecPool(options);
}

interface Waiting {
  readonly resolve: (roots: Uint8Array[]) => void;
  readonly reject: (error: Error) => void;
}

export class CodecPool implements Kernel, AsyncDisposable {
  readonly name = 'wasm-simd';
  readonly #kernel: WasmKernel;
  readonly #workers: readonly Worker[];
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #failed: Error | undefined;

  constructor({ threads, bytes }: CodecPoolOptions) {
    this.#kernel = sharedWasmKernel({ bytes: bytes + threads * 1_048_576 });
    this.#workers = Array.from({ length: threads }, () => this.#start());
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

  /** @throws CodecError `unavailable` when a thread died */
  encodeAside(shards: readonly Uint8Array[], k: number): Promise<Uint8Array[]> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const id = this.#next++;
    const [first] = shards;
    const job: EncodeJob = {
      id,
      k,
      n: shards.length,
      at: first?.byteOffset ?? 0,
      shardLen: first?.length ?? 0,
    };
    const done = new Promise<Uint8Array[]>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    (this.#workers[id % this.#workers.length] as Worker).postMessage(job, []);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const workerData: WorkerStart = { memory: this.#kernel.memory, scratch: this.#kernel.reserveScratch() };
    const worker = new Worker(new URL('./codec-worker.ts', import.meta.url), { workerData });
    worker.on('message', ({ id, roots }: EncodeDone) => {
      this.#waiting.get(id)?.resolve(roots);
      this.#waiting.delete(id);
    });
    worker.on('error', (cause) => {
      this.#failed = new CodecError('unavailable', { what: 'an encoding thread died', cause });
      for (const { reject } of this.#waiting.values()) reject(this.#failed);
      this.#waiting.clear();
    });
    return worker;
  }
}
