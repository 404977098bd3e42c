/** Asks a gateway over the Open Inference Protocol, as a stranger's client would. */
import { base64, encodeTensors, keyIdOf, signAsked, type Signer, tensorOf } from '@assay/core';

/** An answer, read only as far as tests look. */
export interface Inferred {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly error: string | undefined;
  readonly id: string;
  readonly y: number;
  readonly version: string;
  readonly node: string;
  readonly receipt: string;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** What to ask. */
export interface Question {
  readonly x?: number;
  readonly id?: string;
  readonly version?: string;
  readonly parameters?: Record<string, unknown>;
  readonly query?: string;
  readonly headers?: Record<string, string>;
}

/** Parameters of a question on channel prod that `signer` asks under its key. */
export function signedBy(
  signer: Signer,
  { model, x, id }: { readonly model: string; readonly x: number; readonly id: string },
): Record<string, string> {
  const client = keyIdOf(signer.publicKey);
  const ask = { channel: `${model}/prod` };
  const asked = { client, id, model, ask, parameters: {}, verification: 'signed' as const };
  const head = { name: 'x', datatype: 'FP32' as const, shape: [1, 1] };
  const inputBytes = encodeTensors([tensorOf(head, Float32Array.of(x))]);
  return { assay_client: client, assay_client_signature: base64(signAsked(asked, inputBytes, signer)) };
}

/** Asks for y of one x. */
export async function inferScale(gateway: string, question: Question = {}): Promise<Inferred> {
  const version = question.version === undefined ? '' : `/versions/${encodeURIComponent(question.version)}`;
  const response = await fetch(`${gateway}/v2/models/scale${version}/infer${question.query ?? ''}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...question.headers },
    body: JSON.stringify({
      ...(question.id === undefined ? {} : { id: question.id }),
      ...(question.parameters === undefined ? {} : { parameters: question.parameters }),
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [question.x ?? 1] }],
    }),
  });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers, ...read(JSON.parse(text) as Wire) };
}

interface Wire {
  readonly error?: string;
  readonly id?: string;
  readonly parameters?: Record<string, string | number>;
  readonly outputs?: readonly { readonly data: readonly number[] }[];
}

function read({
  error,
  id = '',
  parameters = {},
  outputs,
}: Wire): Omit<Inferred, 'status' | 'text' | 'headers'> {
  return {
    error,
    id,
    y: outputs?.[0]?.data[0] ?? Number.NaN,
    version: String(parameters['assay_version']),
    node: String(parameters['assay_node']),
    receipt: String(parameters['assay_receipt']),
    parameters,
  };
}
