/** The smallest real model: one column times a factor. Its versions differ in the factor, so answers tell them apart. */
import { type Manifest, manifestDigest, type Tensor, tensorOf } from '@assay/core';
import { onnxModel } from '@assay/engine';
import { manifestOf } from '../../../engine/test/graphs.ts';

/** A version ready to be published and loaded. */
export interface TestVersion {
  readonly digest: string;
  readonly manifest: Manifest;
  readonly graph: Uint8Array;
}

/** y = factor * x over rows of one FP32 column; `weight` further bytes of constants make it as large as a real model. */
export function linearVersion(factor: number, weight = 0): TestVersion {
  const inputs = [{ name: 'x', datatype: 'FP32' as const, shape: [-1, 1] }];
  const outputs = [{ name: 'y', datatype: 'FP32' as const, shape: [-1, 1] }];
  const graph = onnxModel({
    name: 'linear',
    inputs,
    outputs,
    constants: [
      tensorOf({ name: 'w', datatype: 'FP32', shape: [1] }, Float32Array.of(factor)),
      ...ballast(weight),
    ],
    nodes: [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
  });
  const manifest = manifestOf(graph, { inputs, outputs });
  return { digest: manifestDigest(manifest), manifest, graph };
}

/** Constants that nothing reads, 8 MiB each; no two of their chunks are alike. */
function ballast(bytes: number): Tensor[] {
  const each = 2 ** 21;
  return Array.from({ length: Math.ceil(bytes / 4 / each) }, (_, at) => {
    const length = Math.min(each, bytes / 4 - at * each);
    const values = Float32Array.from({ length }, (_, i) => Math.sin(at * each + i));
    return tensorOf({ name: `ballast-${at}`, datatype: 'FP32', shape: [length] }, values);
  });
}
