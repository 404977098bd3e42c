/** Holds a loaded graph against its manifest: what the manifest says must be what runs. */
import { hex, type Manifest, sha256, type TensorSchema } from '@assay/core';
import type { InferenceSession } from 'onnxruntime-node';
import { EngineError } from '../errors.ts';
import { describeSchema } from './check-inputs.ts';
import { datatypeOf } from './ort-tensor.ts';

/** @throws EngineError `graph-digest` unless `graph` is exactly the blob that the manifest names */
export function checkGraphBytes(manifest: Manifest, graph: Uint8Array): void {
  const id = `sha256:${hex(sha256(graph))}`;
  if (id === manifest.graph.id && String(graph.length) === manifest.graph.size) return;
  throw new EngineError('graph-digest', {
    what: `the graph is ${id} of ${graph.length} bytes`,
    where: 'graph blob',
    fix: `The manifest names ${manifest.graph.id} of ${manifest.graph.size} bytes: fetch that one.`,
  });
}

/**
 * Refuses a manifest that names anything this engine would leave out, because an answer made without it would not be
 * the version's answer.
 *
 * @throws EngineError `unsupported`
 */
export function checkSupported(manifest: Manifest): void {
  const extras: readonly (readonly [string, boolean])[] = [
    ['externalData', manifest.externalData.length > 0],
    ['adapters', manifest.adapters.length > 0],
    ['tokenizer', manifest.tokenizer !== null],
    ['promptTemplate', manifest.promptTemplate !== null],
    ['preprocessing.blob', manifest.preprocessing.where === 'blob'],
    ['decoding', Object.keys(manifest.decoding).length > 0],
  ];
  const extra = extras.find(([, present]) => present);
  if (extra === undefined) return;
  throw new EngineError('unsupported', {
    what: `the ONNX engine cannot apply ${extra[0]}, and running without it would be another version`,
    where: `manifest.${extra[0]}`,
    fix: 'Put it into the graph, or serve the version with an engine that applies it.',
  });
}

/** @throws EngineError `graph-schema` when inputs or outputs differ in name, element type or shape from the manifest */
export function checkGraphSchema(manifest: Manifest, session: InferenceSession): void {
  checkSide('inputs', manifest.inputs, session.inputMetadata);
  checkSide('outputs', manifest.outputs, session.outputMetadata);
}

function checkSide(
  side: string,
  schemas: readonly TensorSchema[],
  metadata: readonly InferenceSession.ValueMetadata[],
): void {
  const found = new Map(metadata.map((value) => [value.name, value]));
  for (const schema of schemas) {
    const value = found.get(schema.name);
    if (value !== undefined && matches(schema, value)) continue;
    throw new EngineError('graph-schema', {
      what: `the graph has ${value === undefined ? 'no such value' : describeValue(value)}`,
      where: `manifest.${side} ${describeSchema(schema)}`,
      fix: 'Publish a manifest that describes this graph.',
    });
  }
  if (found.size === schemas.length) return;
  const named = new Set(schemas.map((schema) => schema.name));
  const extra = metadata.find((value) => !named.has(value.name));
  throw new EngineError('graph-schema', {
    what: `the graph's "${extra?.name}" is not in the manifest`,
    where: `manifest.${side}`,
  });
}

/** A named dimension of the graph is one that the caller chooses: -1 in the manifest. */
const plainDim = (dim: number | string): number => (typeof dim === 'string' ? -1 : dim);

function matches(schema: TensorSchema, value: InferenceSession.ValueMetadata): boolean {
  return (
    value.isTensor &&
    datatypeOf(value.type) === schema.datatype &&
    value.shape.length === schema.shape.length &&
    schema.shape.every((dim, axis) => dim === plainDim(value.shape[axis] as number | string))
  );
}

function describeValue(value: InferenceSession.ValueMetadata): string {
  return value.isTensor
    ? `${value.type} [${value.shape.map(plainDim).join(', ')}]`
    : 'something that is no tensor';
}
