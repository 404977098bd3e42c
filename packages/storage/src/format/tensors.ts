/** What a model file's own table says about its tensors, and the rules any table must obey before it is believed. */
import { FormatError } from '../errors.ts';

/** One tensor's place in its file. */
export interface Tensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Byte offsets in the file, `end` exclusive. */
  readonly start: number;
  readonly end: number;
}

/** A file's tensors in file order, and where its header ends. */
export interface TensorTable {
  readonly format: 'safetensors' | 'gguf' | 'onnx';
  readonly headerEnd: number;
  readonly tensors: readonly Tensor[];
}

/** Headers beyond this are refused, as in the safetensors reference reader. */
export const MAX_HEADER_BYTES = 100 * 1_048_576;
/** More tensors than any real model has; each costs memory. */
export const MAX_TENSORS = 1_000_000;

/**
 * Sorts tensors into file order and checks that they lie in [headerEnd, size) without overlapping.
 * @throws FormatError with the format's code
 */
export function checkedTable(table: TensorTable, size: number): TensorTable {
  const tensors = [...table.tensors].sort((a, b) => a.start - b.start || a.end - b.end);
  let at = table.headerEnd;
  for (const { name, start, end } of tensors) {
    if (
      !Number.isSafeInteger(start) ||
      !Number.isSafeInteger(end) ||
      start < at ||
      end < start ||
      end > size
    ) {
      throw new FormatError(table.format, {
        what: `tensor "${name.slice(0, 80)}" claims bytes ${start}…${end}, which overlap another or leave the file`,
        where: `a file of ${size} bytes`,
      });
    }
    at = end;
  }
  return { ...table, tensors };
}
