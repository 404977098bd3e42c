/** The protocol's descriptions and health answers, and its error shape, as plain objects. */
import type { Manifest, TensorSchema } from '@assay/core';

/** GET /v2. `extensions`: what we speak beyond the protocol. */
export function serverMetadata(name: string, version: string): object {
  return { name, version, extensions: ['binary_tensor_data'] };
}

/** What GET /v2/models/{m}[/versions/{v}] is told about a model. */
export interface ModelDescription {
  readonly name: string;
  /** Versions that may be named in the URL. */
  readonly versions: readonly string[];
  readonly manifest: Pick<Manifest, 'format' | 'inputs' | 'outputs'>;
}

/** GET /v2/models/{m}[/versions/{v}]. −1 stands for a size that the caller chooses. */
export function modelMetadata({ name, versions, manifest }: ModelDescription): object {
  // "onnx_onnxv1" is the protocol's name of this platform.
  const platform = `${manifest.format}_onnxv1`;
  return {
    name,
    versions,
    platform,
    inputs: manifest.inputs.map(tensorMetadata),
    outputs: manifest.outputs.map(tensorMetadata),
  };
}

function tensorMetadata({ name, datatype, shape }: TensorSchema): object {
  return { name, datatype, shape };
}

/** GET /v2/health/live. */
export function liveness(live: boolean): object {
  return { live };
}

/** GET /v2/health/ready. The published schema says `live` here and clients of either spelling exist, so both stand. */
export function readiness(ready: boolean): object {
  return { live: true, ready };
}

/** GET /v2/models/{m}[/versions/{v}]/ready. */
export function modelReadiness(name: string, ready: boolean): object {
  return { name, ready };
}

/** The body of every failure: one sentence a person can act on. */
export function errorBody(error: Error): { readonly error: string } {
  return { error: error.message };
}
