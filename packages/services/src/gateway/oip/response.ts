/** Inference responses: from tensors to HTTP in the form the caller asked for, and back for whoever called. */
import type { Tensor } from '@assay/core';
import { DEFAULT_LIMITS, type OipLimits } from './limits.ts';
import { joinMessage, type OipMessage, splitMessage } from './message.ts';
import { type IncomingMessage, type OutputSelection, wantsBinary } from './request.ts';
import { readTensors, writeTensor } from './tensors.ts';
import { type OipParameter, readWire, responseSchema } from './wire-schema.ts';

/** A response in our terms. */
export interface InferResponse {
  readonly modelName: string;
  readonly modelVersion?: string;
  /** The request's id, if it had one. */
  readonly id?: string;
  /** Where the receipt travels. */
  readonly parameters?: Readonly<Record<string, OipParameter>>;
  readonly outputs: readonly Tensor[];
}

/**
 * Writes a response, each output in the form that `selection` asks for.
 *
 * @throws OipError `not-representable` when an output is asked for as JSON and JSON cannot carry it
 */
export function encodeInferResponse(response: InferResponse, selection: OutputSelection): OipMessage {
  const outputs = response.outputs.map((tensor) => writeTensor(tensor, wantsBinary(selection, tensor.name)));
  const head = JSON.stringify({
    model_name: response.modelName,
    ...(response.modelVersion === undefined ? {} : { model_version: response.modelVersion }),
    ...(response.id === undefined ? {} : { id: response.id }),
    ...(response.parameters === undefined ? {} : { parameters: response.parameters }),
  });
  const json = `${head.slice(0, -1)},"outputs":[${outputs.map((output) => output.json).join(',')}]}`;
  return joinMessage(
    json,
    outputs.flatMap((output) => output.blob ?? []),
  );
}

/**
 * Reads a response.
 *
 * @throws OipError `response` and the codes of tensors when the answer breaks the protocol
 */
export function parseInferResponse(
  message: IncomingMessage,
  limits: OipLimits = DEFAULT_LIMITS,
): InferResponse {
  const { json, tail } = splitMessage(message.body, message.headerLength, limits);
  const wire = readWire(responseSchema, json, 'response');
  return {
    modelName: wire.model_name,
    ...(wire.model_version === undefined ? {} : { modelVersion: wire.model_version }),
    ...(wire.id === undefined ? {} : { id: wire.id }),
    ...(wire.parameters === undefined ? {} : { parameters: wire.parameters }),
    outputs: readTensors(wire.outputs, { name: 'outputs', tail }, limits),
  };
}
