/** The Open Inference Protocol as a client speaks it: binary tensors both ways, so that bytes stay what was signed. */
import { checkTensor, concat, type Json, parseJson, type Tensor, utf8 } from '@assay/core';
import { SdkError } from './errors.ts';

/** Name of the header that says where JSON ends and tensors begin. */
export const HEADER_LENGTH = 'inference-header-content-length';

/** A request's body and headers. */
export interface OipBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An answer taken apart; nothing of it is verified. */
export interface OipAnswer {
  readonly parameters: Readonly<Record<string, Json>>;
  readonly outputs: readonly Tensor[];
}

/** What is asked, in the protocol's terms. */
export interface OipQuestion {
  readonly id: string;
  readonly inputs: readonly Tensor[];
  /** Names of the outputs wanted; all when absent. */
  readonly outputs?: readonly string[] | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Writes a request. */
export function encodeQuestion({ id, inputs, outputs, parameters }: OipQuestion): OipBody {
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
      ...(outputs === undefined ? {} : { outputs: outputs.map((name) => ({ name })) }),
    }),
  );
  return {
    headers: { 'content-type': 'application/octet-stream', [HEADER_LENGTH]: String(head.length) },
    body: concat(head, ...inputs.map(({ bytes }) => bytes)) as Uint8Array<ArrayBuffer>,
  };
}

/** The JSON part of an answer. @throws SdkError `not-an-answer`; EncodingError */
export function headOf(
  body: Uint8Array,
  headerLength: string | null,
  where = 'the answer',
): Readonly<Record<string, Json>> {
  return objectOf(parseJson(body.subarray(0, lengthOf(body, headerLength, where))));
}

/** Reads an answer. @throws SdkError `not-an-answer`; EncodingError, TensorError */
export function decodeAnswer(body: Uint8Array, headerLength: string | null, where: string): OipAnswer {
  const length = lengthOf(body, headerLength, where);
  const head = headOf(body, headerLength, where);
  const parameters = objectOf(head['parameters']);
  const { outputs } = head;
  if (!Array.isArray(outputs)) throw noAnswer('no outputs', where);
  const tail = body.subarray(length);
  let at = 0;
  const tensors = outputs.map((output: Json, i) => {
    const { name, datatype, shape, parameters: own } = objectOf(output);
    const size = Number(objectOf(own)['binary_data_size'] ?? Number.NaN);
    // The size comes from outside: compare with what is left.
    if (!Number.isInteger(size) || size < 0 || size > tail.length - at) {
      throw noAnswer(`output ${i} has no binary data`, where);
    }
    at += size;
    return checkTensor({ name, datatype, shape, bytes: tail.slice(at - size, at) } as Tensor, `output ${i}`);
  });
  return { parameters, outputs: tensors };
}

function lengthOf(body: Uint8Array, headerLength: string | null, where: string): number {
  const length = headerLength === null ? body.length : Number(headerLength);
  if (Number.isInteger(length) && length >= 0 && length <= body.length) return length;
  throw noAnswer('no length', where);
}

/** The sentence of a failure, in the protocol's error shape or as it came. */
export function errorSentence(body: Uint8Array): string {
  const text = new TextDecoder().decode(body.subarray(0, 4_000));
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  return text.slice(0, 400);
}

/** A JSON object's members; none for anything else. */
export const objectOf = (value: unknown): Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};

const noAnswer = (what: string, where: string): SdkError =>
  new SdkError('not-an-answer', {
    what: `the answer is none of the Open Inference Protocol: ${what}`,
    where,
    fix: 'Check that the URL is that of a gateway.',
  });
