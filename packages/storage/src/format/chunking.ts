/** Cuts a file into chunks, the unit of deduplication: on tensor boundaries where the file has any, by content elsewhere. */
import { type AssayError, EncodingError } from '@assay/core';
import { FormatError } from '../errors.ts';
import { contentCuts } from './cdc.ts';
import { readGguf } from './gguf.ts';
import { readOnnx } from './onnx.ts';
import { readSafetensors } from './safetensors.ts';
import { type Scan, scanner } from './scan.ts';
import type { ByteSource } from './source.ts';
import type { Tensor, TensorTable } from './tensors.ts';

/** Bytes above which a tensor is cut, and below which neighbours share a chunk. */
export const MAX_CHUNK_BYTES = 4 * 1_048_576;
export const MIN_CHUNK_BYTES = 256 * 1_024;

/** A file's cut points and tensors. */
export interface ChunkPlan {
  readonly format: TensorTable['format'] | 'unknown';
  /** End offset of each chunk, ascending; the last is the file's size. Empty for an empty file. */
  readonly ends: readonly number[];
  readonly tensors: readonly Tensor[];
  /** Why the file's own table was not believed, when it looked like a model and was not one. */
  readonly distrust?: AssayError;
}

/** Plans the chunks of one file. A hostile or broken header never throws: the file is then cut by content. */
export async function planChunks(path: string, source: ByteSource, scan = scanner()): Promise<ChunkPlan> {
  const read = readerOf(path);
  if (read === undefined) return byContent(source, scan);
  try {
    const table = await read(source);
    return { format: table.format, ends: tensorCuts(table, source.size), tensors: table.tensors };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof EncodingError)) throw error;
    return { ...(await byContent(source, scan)), distrust: error };
  }
}

async function byContent(source: ByteSource, scan: Scan): Promise<ChunkPlan> {
  return { format: 'unknown', ends: await contentCuts(source, scan), tensors: [] };
}

function readerOf(path: string): ((source: ByteSource) => Promise<TensorTable>) | undefined {
  if (path.endsWith('.safetensors')) return readSafetensors;
  if (path.endsWith('.gguf')) return readGguf;
  return path.endsWith('.onnx') ? readOnnx : undefined;
}

/** Cut points that follow tensors: the header apart, large tensors cut from their own start, small ones together. */
export function tensorCuts(table: TensorTable, size: number): number[] {
  const ends: number[] = [];
  let open = 0;
  const cutTo = (end: number): void => {
    while (open < end) {
      open = Math.min(open + MAX_CHUNK_BYTES, end);
      ends.push(open);
    }
  };
  cutTo(table.headerEnd);
  for (const { start, end } of table.tensors) {
    // A large tensor starts a chunk of its own, so that what precedes it cannot shift its cuts.
    if (end - start >= MIN_CHUNK_BYTES) {
      cutTo(start);
      cutTo(end);
    } else if (end - open >= MIN_CHUNK_BYTES) cutTo(end);
  }
  cutTo(size);
  return ends;
}
