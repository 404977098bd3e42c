/** Writes a trained network as an ONNX graph, preprocessing included, so that its digest covers both. */
import { type Tensor, tensorOf } from '@assay/core';
import { onnxModel, type OnnxNode } from '@assay/engine';
import { FEATURES } from './features.ts';
import { HIDDEN, type Network } from './network.ts';

/** What every version takes. */
export const INPUT = {
  name: 'features',
  datatype: 'FP32' as const,
  shape: [-1, FEATURES.length],
  about: `one row per day, percent: ${FEATURES.join(', ')}`,
};

/** What every version gives. */
export const OUTPUT = {
  name: 'volatility',
  datatype: 'FP32' as const,
  shape: [-1, 1],
  about: 'forecast volatility of the next trading day, annualised, percent',
};

/**
 * The model file of `network`.
 *
 * @param columns for each column of the training table, which column of the input it reads
 */
export function forecasterGraph(network: Network, columns: readonly number[]): Uint8Array {
  const inOrder = columns.every((from, column) => from === column);
  return onnxModel({
    name: 'sp500-volatility',
    inputs: [INPUT],
    outputs: [OUTPUT],
    constants: [...constants(network), ...(inOrder ? [] : [columnIndices(columns)])],
    nodes: [
      { op: 'Add', inputs: ['features', 'one'], outputs: ['shifted'] },
      { op: 'Log', inputs: ['shifted'], outputs: ['scaled'] },
      ...(inOrder ? [] : [reorder]),
      { op: 'Sub', inputs: [inOrder ? 'scaled' : 'reordered', 'mean'], outputs: ['centred'] },
      { op: 'Div', inputs: ['centred', 'deviation'], outputs: ['standard'] },
      {
        op: 'Gemm',
        inputs: ['standard', 'hidden', 'hiddenBias'],
        outputs: ['mixed'],
        attributes: { transB: { int: 1 } },
      },
      { op: 'Relu', inputs: ['mixed'], outputs: ['active'] },
      { op: 'Gemm', inputs: ['active', 'output', 'outputBias'], outputs: ['logVolatility'] },
      { op: 'Exp', inputs: ['logVolatility'], outputs: ['volatility'] },
    ],
  });
}

const reorder: OnnxNode = {
  op: 'Gather',
  inputs: ['scaled', 'columns'],
  outputs: ['reordered'],
  attributes: { axis: { int: 1 } },
};

function columnIndices(columns: readonly number[]): Tensor {
  const head = { name: 'columns', datatype: 'INT64', shape: [columns.length] } as const;
  return tensorOf(head, BigInt64Array.from(columns, BigInt));
}

function constants(network: Network): Tensor[] {
  const single = (name: string, shape: readonly number[], values: Float32Array): Tensor =>
    tensorOf({ name, datatype: 'FP32', shape }, new Float32Array(values));
  return [
    single('one', [1], Float32Array.of(1)),
    single('mean', [FEATURES.length], network.mean),
    single('deviation', [FEATURES.length], network.deviation),
    single('hidden', [HIDDEN, FEATURES.length], network.hidden),
    single('hiddenBias', [HIDDEN], network.hiddenBias),
    single('output', [HIDDEN, 1], network.output),
    single('outputBias', [1], network.outputBias),
  ];
}
