/** Holds a request's tensors against the manifest before anything runs. */
import {
  checkTensor,
  firstNonFinite,
  fitsShape,
  type Manifest,
  type Tensor,
  type TensorSchema,
} from '@assay/core';
import { EngineError } from '../errors.ts';

/**
 * Checks that `inputs` are exactly what the version takes.
 *
 * @throws EngineError one of the `input-…` codes, naming the tensor and what is expected
 * @throws TensorError when a tensor is not well formed in itself
 */
export function checkInputs(manifest: Manifest, inputs: readonly Tensor[]): void {
  const schemas = new Map(manifest.inputs.map((schema) => [schema.name, schema]));
  const seen = new Set<string>();
  for (const tensor of inputs) {
    checkTensor(tensor);
    const schema = schemas.get(tensor.name);
    if (schema === undefined || seen.has(tensor.name))
      throw wrongName(tensor.name, schema !== undefined, manifest);
    seen.add(tensor.name);
    checkInput(tensor, schema);
    if (manifest.numeric.nonFinite === 'reject') checkFinite(tensor);
  }
  const missing = manifest.inputs.find((schema) => !seen.has(schema.name));
  if (missing !== undefined) {
    throw new EngineError('input-missing', {
      what: `input "${missing.name}" is missing`,
      where: 'inputs',
      fix: `Send ${describeSchema(missing)}.`,
    });
  }
}

/** Words for a person: `FP32 [-1, 4] "features"`. */
export function describeSchema(schema: TensorSchema): string {
  return `${schema.datatype} [${schema.shape.join(', ')}] "${schema.name}"`;
}

function wrongName(name: string, twice: boolean, manifest: Manifest): EngineError {
  return new EngineError('input-name', {
    what: twice ? `input "${name}" is given twice` : `the version has no input "${name}"`,
    where: 'inputs',
    fix: `It takes ${manifest.inputs.map(describeSchema).join(', ')}.`,
  });
}

function checkInput(tensor: Tensor, schema: TensorSchema): void {
  const where = `input "${tensor.name}"`;
  if (tensor.datatype !== schema.datatype) {
    throw new EngineError('input-datatype', {
      what: `${tensor.datatype} given, ${schema.datatype} expected`,
      where,
      fix: 'Convert it before sending; the engine never converts.',
    });
  }
  if (!fitsShape(tensor.shape, schema.shape)) {
    throw new EngineError('input-shape', {
      what: `shape [${tensor.shape.join(', ')}] given, [${schema.shape.join(', ')}] expected`,
      where,
      fix: '-1 stands for any size from 1.',
    });
  }
}

function checkFinite(tensor: Tensor): void {
  const index = firstNonFinite(tensor);
  if (index === -1) return;
  throw new EngineError('input-not-finite', {
    what: 'NaN or infinity, which this version does not take',
    where: `input "${tensor.name}" element ${index}`,
    fix: 'Clean the data first: an answer to NaN would say nothing.',
  });
}
