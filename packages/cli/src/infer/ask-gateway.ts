/** One inference over the Open Inference Protocol, with binary tensors both ways, so that bytes stay what was signed. */
import { concat, type Json, parseJson, type Tensor, utf8 } from '@assay/core';
import { CliError } from '../cli-error.ts';

/** Name of the header that says where JSON ends and tensors begin. */
const HEADER_LENGTH = 'inference-header-content-length';
const TIMEOUT_MS = 60_000;

/** What is asked. */
export interface Question {
  readonly url: string;
  readonly id: string;
  readonly inputs: readonly Tensor[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** What came back; nothing of it is verified. */
export interface GatewayAnswer {
  readonly parameters: Readonly<Record<string, Json>>;
  readonly outputs: readonly Tensor[];
}

/** @throws CliError `gateway` */
export async function askGateway({ url, id, inputs, parameters }: Question): Promise<GatewayAnswer> {
  const head = utf8(
    JSON.stringify({
      id,
      parameters: { ...parameters, binary_data_output: true },
      inputs: inputs.map(({ name, datatype, shape, bytes }) => ({
        name,
        datatype,
        shape,
        parameters: { binary_data_size: bytes.length },
      })),
    }),
  );
  const response = await post(url, head, inputs);
  const body = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw refused(url, response.status, body);
  const length = Number(response.headers.get(HEADER_LENGTH) ?? body.length);
  return readAnswer(parseJson(body.subarray(0, length)), body.subarray(length), url);
}

async function post(url: string, head: Uint8Array, inputs: readonly Tensor[]): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', [HEADER_LENGTH]: String(head.length) },
      body: concat(head, ...inputs.map(({ bytes }) => bytes)) as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new CliError('gateway', {
      what: 'the gateway did not answer',
      where: url,
      fix: 'Start it with "npx assay up".',
      cause,
    });
  }
}

function refused(where: string, status: number, body: Uint8Array): CliError {
  const text = new TextDecoder().decode(body.subarray(0, 2_000));
  const [, message = text] = /"error"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text) ?? [];
  return new CliError('gateway', { what: `the gateway answered ${status}: ${message}`, where });
}

function readAnswer(head: Json, tail: Uint8Array, where: string): GatewayAnswer {
  const { parameters, outputs } = (head ?? {}) as { parameters?: Record<string, Json>; outputs?: Wire[] };
  if (parameters === undefined || !Array.isArray(outputs)) {
    throw new CliError('gateway', { what: 'the answer is not one of the Open Inference Protocol', where });
  }
  let at = 0;
  const tensors = outputs.map(({ name, datatype, shape, parameters: own }) => {
    const size = Number(own?.['binary_data_size'] ?? Number.NaN);
    if (!Number.isInteger(size) || size < 0 || size > tail.length - at) {
      throw new CliError('gateway', { what: `output "${name}" has no binary data`, where });
    }
    at += size;
    return { name, datatype, shape, bytes: tail.slice(at - size, at) };
  });
  return { parameters, outputs: tensors };
}

interface Wire {
  readonly name: string;
  readonly datatype: Tensor['datatype'];
  readonly shape: readonly number[];
  readonly parameters?: Record<string, Json>;
}
