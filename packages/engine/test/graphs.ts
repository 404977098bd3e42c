/** Small graphs with their manifests, for the engine's tests. */
import {
  type Datatype,
  hex,
  type Manifest,
  sha256,
  type Tensor,
  type TensorSchema,
  tensorOf,
} from '@assay/core';
import { OnnxEngine, type OnnxGraph, onnxModel } from '../src/index.ts';

/** A manifest for `graph`, true unless `changes` makes it lie. */
export function manifestOf(
  graph: Uint8Array,
  sides: { inputs: TensorSchema[]; outputs: TensorSchema[] },
  changes: Partial<Manifest> = {},
): Manifest {
  return {
    schema: 'assay.manifest/v1',
    format: 'onnx',
    graph: { id: `sha256:${hex(sha256(graph))}`, size: String(graph.length) },
    externalData: [],
    adapters: [],
    tokenizer: null,
    promptTemplate: null,
    ...sides,
    preprocessing: { where: 'graph' },
    decoding: {},
    numeric: { mode: 'fp32', nonFinite: 'reject' },
    referee: {
      name: 'onnxruntime-web',
      version: '1.30.0',
      module: `sha256:${'00'.repeat(32)}`,
      threads: 1,
      optimisation: 'disabled',
      relaxedSimd: false,
    },
    tolerance: { kind: 'uncalibrated', reason: 'a test graph' },
    ...changes,
  };
}

/** y = x * w + b over rows of two. */
export function linear(weights: readonly number[] = [2, 3]): { graph: Uint8Array; manifest: Manifest } {
  const model: OnnxGraph = {
    name: 'linear',
    about: 'a row of two times weights, plus one',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], about: 'two numbers' }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    constants: [
      tensorOf({ name: 'w', datatype: 'FP32', shape: [2, 1] }, Float32Array.from(weights)),
      tensorOf({ name: 'b', datatype: 'FP32', shape: [1] }, Float32Array.of(1)),
    ],
    nodes: [
      {
        op: 'Gemm',
        inputs: ['x', 'w', 'b'],
        outputs: ['y'],
        attributes: { alpha: { float: 1 }, transB: { int: 0 } },
      },
    ],
  };
  return built(model);
}

/** y = x for one element type. */
export function identity(datatype: Datatype): { graph: Uint8Array; manifest: Manifest } {
  return built({
    name: 'identity',
    inputs: [{ name: 'x', datatype, shape: [-1] }],
    outputs: [{ name: 'y', datatype, shape: [-1] }],
    constants: [],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });
}

/** The bytes of `graph` and a manifest that describes them. */
export function built(graph: OnnxGraph): { graph: Uint8Array; manifest: Manifest } {
  const bytes = onnxModel(graph);
  return {
    graph: bytes,
    manifest: manifestOf(bytes, { inputs: [...graph.inputs], outputs: [...graph.outputs] }),
  };
}

/** An FP32 tensor. */
export function floats(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  return tensorOf({ name, datatype: 'FP32', shape }, Float32Array.from(values));
}

/** An engine whose clock moves only when it is read. */
export function engine(): OnnxEngine {
  let micros = 0;
  return new OnnxEngine({ intraOpThreads: 1, interOpThreads: 1, monotonicMicros: () => (micros += 5) });
}
