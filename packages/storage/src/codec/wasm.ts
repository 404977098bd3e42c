/** The kernel in WebAssembly SIMD (codec/rs.c), over one fixed memory whose slots callers fill in place. */
import { fromBase64 } from '@assay/core/bytes';
import { CodecError } from '../errors.ts';
import { multiply } from './gf256.ts';
import type { Kernel, RowProduct } from './kernel.ts';
import { checkShape } from './pure.ts';
import { SlotAllocator } from './slot-allocator.ts';
import { PLAIN_MODULE, SHARED_MODULE } from './wasm-module.ts';

const PAGE = 65_536;
/** Room for the tables and addresses of one job: 255 × 255 coefficients never meet, 64 rows of 128 do. */
const SCRATCH = 512 * 1_024;
/** Rows that codec/rs.c handles together (`GROUP` there), and whose tables therefore lie together. */
const TABLE_GROUP = 6;

interface Exports {
  readonly __heap_base: { readonly value: number };
  mul_rows(tables: number, rows: number, k: number, src: number, dst: number, length: number): void;
}

/** The few names of the WebAssembly API used here: the ES library that core compiles against has none. */
interface WasmApi {
  Module: new (bytes: Uint8Array) => object;
  validate(bytes: Uint8Array): boolean;
  Instance: new (module: object, imports: object) => { readonly exports: unknown };
  Memory: new (descriptor: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
}

/** A WebAssembly memory; a shared one can be posted to a worker thread. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}

/** How a kernel gets its memory. */
export interface WasmKernelOptions {
  /** Bytes for slots; fixed, because growing would detach every buffer handed out. */
  readonly bytes: number;
  /** A memory made by another thread's kernel: this kernel then allocates nothing but its scratch. */
  readonly shared?: { readonly memory: WasmMemory; readonly scratch: number };
  /** False for the module without relaxed SIMD, which otherwise serves only runtimes that have none. */
  readonly relaxed?: boolean;
}

/** A module with relaxed SIMD, and the same without. */
type Builds = Readonly<Record<'relaxed' | 'strict', string>>;

/** A kernel and what another thread needs to join it. */
export interface WasmKernel extends Kernel {
  readonly memory: WasmMemory;
  /** Reserves a scratch area for one worker thread over a shared memory. */
  reserveScratch(): number;
}

const api = (globalThis as unknown as { WebAssembly?: WasmApi }).WebAssembly;

/** Memories whose addresses are known to be multiples of a page: those of WebAssembly, which alone promises that. */
const aligned = new WeakSet<ArrayBuffer | SharedArrayBuffer>();

/** Whether a view begins at an address that is a multiple of `step`, a power of two up to a page. */
export function isAligned({ buffer, byteOffset }: Uint8Array, step: number): boolean {
  return byteOffset % step === 0 && aligned.has(buffer);
}

/** Memory at an address that is a multiple of a page; undefined where there is no WebAssembly, which alone promises that. */
export function alignedMemory(bytes: number): Uint8Array | undefined {
  const pages = Math.ceil(bytes / PAGE);
  if (api === undefined) return undefined;
  const { buffer } = new api.Memory({ initial: pages, maximum: pages });
  aligned.add(buffer);
  return new Uint8Array(buffer, 0, bytes);
}

/**
 * A kernel with a memory of its own.
 * @throws CodecError `unavailable` where the runtime has no WebAssembly SIMD: use `pureKernel()`
 */
export function wasmKernel(options: WasmKernelOptions): WasmKernel {
  return build(PLAIN_MODULE, options, false);
}

/** The same over shared memory, so that worker threads encode in place what the main thread read. */
export function sharedWasmKernel(options: WasmKernelOptions): WasmKernel {
  return build(SHARED_MODULE, options, true);
}

function build(builds: Builds, options: WasmKernelOptions, shared: boolean): WasmKernel {
  if (api === undefined) throw unavailable('there is no WebAssembly here');
  const pages = Math.ceil((options.bytes + SCRATCH + 2 * PAGE) / PAGE);
  const memory =
    options.shared?.memory ??
    new api.Memory({ initial: pages, maximum: shared ? 65_536 : pages, ...(shared ? { shared } : {}) });
  const exports = instantiate(chosen(builds, options), memory);
  aligned.add(memory.buffer);
  const slots = new SlotAllocator(memory, exports.__heap_base.value);
  const scratch = options.shared?.scratch ?? slots.take(SCRATCH).byteOffset;
  return {
    name: 'wasm-simd',
    memory,
    alloc: (bytes) => slots.take(bytes),
    free: (buffer) => slots.give(buffer),
    reserveScratch: () => slots.take(SCRATCH).byteOffset,
    multiplyRows: (job) => multiplyRows(job, { memory, exports, scratch, slots }),
  };
}

/** Both give the same bytes; the relaxed one is half as fast again. */
function chosen({ relaxed, strict }: Builds, options: WasmKernelOptions): Uint8Array {
  const quick = fromBase64(relaxed);
  return options.relaxed !== false && (api as WasmApi).validate(quick) ? quick : fromBase64(strict);
}

function instantiate(code: Uint8Array, memory: WasmMemory): Exports {
  const { Module, Instance } = api as WasmApi;
  try {
    return new Instance(new Module(code), { env: { memory } }).exports as Exports;
  } catch (cause) {
    throw unavailable('this runtime refuses the SIMD module', cause);
  }
}

function unavailable(what: string, cause?: unknown): CodecError {
  return new CodecError('unavailable', { what, fix: 'Use pureKernel(), which gives the same bytes.', cause });
}

interface Machine {
  readonly memory: WasmMemory;
  readonly exports: Exports;
  readonly scratch: number;
  readonly slots: SlotAllocator;
}

function multiplyRows(job: RowProduct, machine: Machine): void {
  checkShape(job);
  const { matrix, src, dst } = job;
  const tableBytes = matrix.length * 32;
  if (tableBytes + 4 * (src.length + dst.length) > SCRATCH) {
    throw new CodecError('shape', {
      what: `${dst.length} rows of ${src.length} exceed one job`,
      fix: 'Split the rows.',
    });
  }
  const borrowed: Uint8Array[] = [];
  const place = (column: Uint8Array, copyIn: boolean): Uint8Array => {
    if (column.buffer === machine.memory.buffer) return column;
    const slot = machine.slots.take(column.length);
    borrowed.push(slot);
    if (copyIn) slot.set(column);
    return slot;
  };
  try {
    const inputs = src.map((column) => place(column, true));
    const outputs = dst.map((column) => place(column, false));
    writeTables(new Uint8Array(machine.memory.buffer, machine.scratch, tableBytes), matrix, src.length);
    const addresses = new Uint32Array(
      machine.memory.buffer,
      machine.scratch + tableBytes,
      src.length + dst.length,
    );
    addresses.set([...inputs, ...outputs].map((column) => column.byteOffset));
    const at = addresses.byteOffset;
    const length = inputs[0]?.length ?? 0;
    machine.exports.mul_rows(machine.scratch, dst.length, src.length, at, at + 4 * src.length, length);
    outputs.forEach((slot, row) => slot !== dst[row] && (dst[row] as Uint8Array).set(slot));
  } finally {
    for (const slot of borrowed) machine.slots.give(slot);
  }
}

/** The tables of a matrix of rows of `k`, in the order in which codec/rs.c goes through them. */
function writeTables(out: Uint8Array, matrix: Uint8Array, k: number): void {
  const rows = matrix.length / k;
  let at = 0;
  for (let first = 0; first < rows; first += TABLE_GROUP) {
    for (let j = 0; j < k; j++) {
      for (let row = first; row < Math.min(rows, first + TABLE_GROUP); row++, at += 32)
        writeTable(out.subarray(at, at + 32), matrix[row * k + j] as number);
    }
  }
}

function writeTable(out: Uint8Array, coefficient: number): void {
  for (let x = 0; x < 16; x++) {
    out[x] = multiply(coefficient, x);
    out[16 + x] = multiply(coefficient, x << 4);
  }
}
