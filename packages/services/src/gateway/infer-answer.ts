/** Writes an answer in the protocol's form, with the receipt, the salts that open it, and the proof when it was waited for. */
import { base64 } from '@assay/core';
import type { ReadResponse } from '../inference-node/wire/index.ts';
import {
  encodeInferResponse,
  type OipMessage,
  type OipParameter,
  type OutputSelection,
} from './oip/index.ts';

/** Where an answer's record stands in the log. */
export interface LoggedAs {
  readonly index: number;
  readonly state: 'sequenced' | 'witnessed';
  /** `.tlog-proof` bytes. */
  readonly proof: Uint8Array;
}

/** What an answer is written from. */
export interface AnswerParts {
  readonly answer: ReadResponse;
  /** The model as the URL named it. */
  readonly modelName: string;
  /** Label of the version that the receipt names. */
  readonly label: string | undefined;
  readonly selection: OutputSelection;
  readonly receiptUrl: string;
  /** `timeout` when the wait ran out: the answer stands all the same, and its proof will be at the receipt's URL. */
  readonly logged: LoggedAs | 'timeout' | undefined;
  /** Whether the receipt's exact bytes come along. */
  readonly inlineReceipt: boolean;
}

/** The response message. @throws OipError `not-representable` */
export function writeAnswer(parts: AnswerParts): OipMessage {
  const { answer, modelName, label, selection } = parts;
  const message = encodeInferResponse(
    {
      modelName,
      ...(label === undefined ? {} : { modelVersion: label }),
      id: answer.receipt.request.id,
      parameters: { ...receiptParameters(parts), ...proofParameters(parts.logged) },
      outputs: inOrder(answer, selection),
    },
    selection,
  );
  return { ...message, headers: { ...message.headers, 'assay-receipt': parts.receiptUrl } };
}

function receiptParameters({ answer, receiptUrl, inlineReceipt }: AnswerParts): Record<string, OipParameter> {
  return {
    assay_receipt: answer.receiptId,
    assay_receipt_url: receiptUrl,
    assay_version: answer.receipt.version,
    assay_node: answer.signer,
    assay_salt_request: answer.salts.request,
    assay_salt_input: answer.salts.input,
    assay_salt_output: answer.salts.output,
    ...(inlineReceipt ? { assay_entry: base64(answer.entry) } : {}),
  };
}

function proofParameters(logged: AnswerParts['logged']): Record<string, OipParameter> {
  if (logged === undefined) return { assay_state: 'signed' };
  if (logged === 'timeout') return { assay_state: 'signed', assay_wait: 'timeout' };
  const { index, state, proof } = logged;
  return { assay_state: state, assay_log_index: index, assay_proof: base64(proof) };
}

/** Nodes answer in the commitment's order, which is by name; the caller gets the order it asked for. */
function inOrder({ outputs }: ReadResponse, selection: OutputSelection): ReadResponse['outputs'] {
  const names = selection.outputs?.map(({ name }) => name);
  if (names === undefined) return outputs;
  return outputs.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}
