/** Tensors on the wire: between the JSON objects with their binary tail, and core's tensors. */
import { checkTensor, checkTensorName, elementCount, isDatatype, type Tensor, tensorOf } from '@assay/core';
import type { OipLimits } from './limits.ts';
import { asOipError, OipError } from './oip-error.ts';
import { readElements } from './read-elements.ts';
import type { WireTensor } from './wire-schema.ts';
import { writeElements } from './write-elements.ts';

/**
 * Reads the tensors of `side` ("inputs" or "outputs").
 *
 * @param tail bytes after the JSON; undefined when no header announced any
 * @throws OipError `tensor` | `shape` | `data` | `binary` | `unsupported` | `too-large`
 */
export function readTensors(wire: readonly WireTensor[], side: Side, limits: OipLimits): Tensor[] {
  if (wire.length > limits.tensors) {
    const what = `${wire.length} tensors, at most ${limits.tensors} are taken`;
    throw new OipError('too-large', { what, where: side.name });
  }
  const cursor = new Tail(side.tail);
  const names = new Set<string>();
  const tensors = wire.map((tensor, index) => {
    const where = `${side.name}[${index}]`;
    const read = asOipError(() => readTensor(tensor, cursor, where));
    if (names.has(read.name)) throw new OipError('tensor', { what: `"${read.name}" is given twice`, where });
    names.add(read.name);
    return read;
  });
  cursor.finish();
  return tensors;
}

/** Which list is read, and the bytes behind it. */
export interface Side {
  readonly name: 'inputs' | 'outputs';
  readonly tail: Uint8Array | undefined;
}

/** A tensor ready to send: its JSON text, and its bytes when they go behind the JSON. */
export interface Written {
  readonly json: string;
  readonly blob: Uint8Array | undefined;
}

/** @throws OipError `not-representable` when `binary` is false and JSON cannot carry it */
export function writeTensor(tensor: Tensor, binary: boolean): Written {
  const head = { name: tensor.name, datatype: tensor.datatype, shape: tensor.shape };
  if (binary) {
    const json = JSON.stringify({ ...head, parameters: { binary_data_size: tensor.bytes.length } });
    return { json, blob: tensor.bytes };
  }
  return { json: `${JSON.stringify(head).slice(0, -1)},"data":${writeElements(tensor)}}`, blob: undefined };
}

function readTensor(wire: WireTensor, tail: Tail, where: string): Tensor {
  const { name, datatype, shape } = wire;
  checkTensorName(name, `${where}.name`);
  if (!isDatatype(datatype)) {
    const what = `"${datatype.slice(0, 40)}" is not a datatype`;
    throw new OipError('tensor', {
      what,
      where: `${where}.datatype`,
      fix: 'FP32, INT64, BYTES and so on, in capitals.',
    });
  }
  const count = elementCount(shape, `${where}.shape`);
  const size = binarySize(wire, where);
  if (size !== undefined) return checkTensor({ name, datatype, shape, bytes: tail.take(size, where) }, where);
  const head = { datatype, shape, count };
  return tensorOf({ name, datatype, shape }, readElements(wire.data, head, `${where}.data`));
}

function binarySize({ parameters = {}, data }: WireTensor, where: string): number | undefined {
  if (Object.hasOwn(parameters, 'shared_memory_region')) {
    const fix = 'Send the data in JSON or as binary data.';
    throw new OipError('unsupported', { what: 'shared memory between client and server', where, fix });
  }
  const size = parameters['binary_data_size'];
  if (size === undefined) {
    if (data !== undefined) return undefined;
    const fix = 'Give data, or binary_data_size in its parameters and the bytes behind the JSON.';
    throw new OipError('data', { what: 'the tensor has no data', where, fix });
  }
  if (data !== undefined) {
    throw new OipError('data', {
      what: 'both data and binary_data_size are given',
      where,
      fix: 'Give one of them.',
    });
  }
  if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
  const what = `${String(size).slice(0, 40)} is not a number of bytes`;
  throw new OipError('binary', { what, where: `${where}.parameters.binary_data_size` });
}

/** The binary tail: tensors take their bytes from it in order. */
class Tail {
  readonly #bytes: Uint8Array | undefined;
  #at = 0;

  constructor(bytes: Uint8Array | undefined) {
    this.#bytes = bytes;
  }

  take(size: number, where: string): Uint8Array {
    if (this.#bytes === undefined) {
      throw new OipError('header-length', {
        what: 'binary data is announced, but not where it begins',
        where,
        fix: 'Give the length of the JSON in the header Inference-Header-Content-Length.',
      });
    }
    const left = this.#bytes.length - this.#at;
    if (size > left) {
      throw new OipError('binary', { what: `${size} bytes announced, ${left} left in the body`, where });
    }
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  finish(): void {
    const left = (this.#bytes?.length ?? 0) - this.#at;
    if (left === 0) return;
    throw new OipError('binary', {
      what: `${left} bytes follow the last tensor`,
      where: 'body',
      fix: 'Check each binary_data_size and Inference-Header-Content-Length.',
    });
  }
}
