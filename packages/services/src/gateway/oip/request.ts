/** Inference requests: from HTTP to tensors, and back for whoever calls another node. */
import type { Tensor, TensorSchema } from '@assay/core';
import { DEFAULT_LIMITS, type OipLimits } from './limits.ts';
import { joinMessage, type OipMessage, splitMessage } from './message.ts';
import { OipError } from './oip-error.ts';
import { readTensors, writeTensor } from './tensors.ts';
import { type OipParameter, readWire, requestSchema } from './wire-schema.ts';

/** An output that the caller wants, and in which form; the request's default where `binary` is absent. */
export interface RequestedOutput {
  readonly name: string;
  readonly binary?: boolean;
}

/** Which outputs the caller wants, and in which form. */
export interface OutputSelection {
  /** All outputs when absent. */
  readonly outputs?: readonly RequestedOutput[];
  /** Form of the outputs that do not say: binary data, or JSON. */
  readonly binaryOutput: boolean;
}

/** A request in our terms. */
export interface InferRequest extends OutputSelection {
  readonly id?: string;
  readonly parameters: Readonly<Record<string, OipParameter>>;
  readonly inputs: readonly Tensor[];
}

/** What arrived. */
export interface IncomingMessage {
  readonly body: Uint8Array;
  /** Value of Inference-Header-Content-Length, if it was sent. */
  readonly headerLength?: string | undefined;
}

/**
 * Reads an inference request in JSON, with or without binary data behind it.
 *
 * @throws OipError with the HTTP status to answer with; nothing of the body is taken unless all of it is right
 */
export function parseInferRequest(
  message: IncomingMessage,
  limits: OipLimits = DEFAULT_LIMITS,
): InferRequest {
  const { json, tail } = splitMessage(message.body, message.headerLength, limits);
  const wire = readWire(requestSchema, json, 'request');
  const { binary_data_output: binaryOutput, ...parameters } = wire.parameters ?? {};
  return {
    ...(wire.id === undefined ? {} : { id: wire.id }),
    parameters,
    inputs: readTensors(wire.inputs, { name: 'inputs', tail }, limits),
    ...(wire.outputs === undefined || wire.outputs.length === 0
      ? {}
      : { outputs: readOutputs(wire.outputs) }),
    binaryOutput: asFlag(binaryOutput, 'parameters.binary_data_output') ?? false,
  };
}

type WireOutput = { readonly name: string; readonly parameters?: Record<string, OipParameter> | undefined };

function readOutputs(wire: readonly WireOutput[]): RequestedOutput[] {
  const names = new Set<string>();
  return wire.map(({ name, parameters = {} }, index) => {
    const where = `outputs[${index}]`;
    if (names.has(name)) throw new OipError('tensor', { what: `"${name}" is asked for twice`, where });
    names.add(name);
    for (const key of ['shared_memory_region', 'classification']) {
      if (Object.hasOwn(parameters, key))
        throw new OipError('unsupported', { what: `parameter ${key}`, where });
    }
    const binary = asFlag(parameters['binary_data'], `${where}.parameters.binary_data`);
    return { name, ...(binary === undefined ? {} : { binary }) };
  });
}

function asFlag(value: OipParameter | undefined, where: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw new OipError('request', { what: `${JSON.stringify(value)} is neither true nor false`, where });
}

/** Whether output `name` goes back as binary data. */
export function wantsBinary(selection: OutputSelection, name: string): boolean {
  return selection.outputs?.find((output) => output.name === name)?.binary ?? selection.binaryOutput;
}

/**
 * Refuses, before anything runs, a request for FP16 as JSON: the work would be done for an answer nobody can be given.
 *
 * @throws OipError `not-representable`
 */
export function checkOutputForms(selection: OutputSelection, schemas: readonly TensorSchema[]): void {
  const names = selection.outputs?.map((output) => output.name);
  for (const { name, datatype } of schemas) {
    const wanted = names === undefined || names.includes(name);
    if (!wanted || datatype !== 'FP16' || wantsBinary(selection, name)) continue;
    throw new OipError('not-representable', {
      what: 'FP16 has no JSON form',
      where: `output "${name}"`,
      fix: 'Ask for it as binary data: "parameters": {"binary_data_output": true}.',
    });
  }
}

/**
 * Writes a request.
 *
 * @param binary whether inputs go as binary data, which is exact for every datatype
 * @throws OipError `not-representable` when JSON cannot carry an input
 */
export function encodeInferRequest(request: InferRequest, binary: boolean): OipMessage {
  const inputs = request.inputs.map((tensor) => writeTensor(tensor, binary));
  const parameters = { ...request.parameters, ...(request.binaryOutput ? { binary_data_output: true } : {}) };
  const head = JSON.stringify({
    ...(request.id === undefined ? {} : { id: request.id }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    ...(request.outputs === undefined ? {} : { outputs: request.outputs.map(writeOutput) }),
  });
  const comma = head === '{}' ? '' : ',';
  const json = `${head.slice(0, -1)}${comma}"inputs":[${inputs.map((input) => input.json).join(',')}]}`;
  return joinMessage(
    json,
    inputs.flatMap((input) => input.blob ?? []),
  );
}

function writeOutput({ name, binary }: RequestedOutput): object {
  return { name, ...(binary === undefined ? {} : { parameters: { binary_data: binary } }) };
}
