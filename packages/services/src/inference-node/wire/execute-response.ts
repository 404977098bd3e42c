/** What a node answers: the receipt's exact bytes, the outputs that it commits to, and the salts that open it. */
import {
  decodeTensors,
  type Envelope,
  parseEnvelope,
  type Predicate,
  readStatement,
  type Tensor,
} from '@assay/core';
import { z } from 'zod';
import { type PrivateField, withoutSalts } from '../../erasure/index.ts';
import { decodeFrame, encodeFrame, FrameError } from './frame.ts';
import { type Salts, salts } from './scalars.ts';

/** An answer. The same request gets the same bytes, for as long as the node keeps them. */
export interface ExecuteResponse {
  readonly entry: Uint8Array;
  /** Canonical encoding of the outputs. */
  readonly outputBytes: Uint8Array;
  readonly salts: Salts;
}

/** An answer read and parsed; nothing in it has been verified. */
export interface ReadResponse extends ExecuteResponse {
  readonly receiptId: string;
  /** The receipt's envelope taken apart, for whoever checks its signature. */
  readonly envelope: Envelope;
  readonly signer: string;
  readonly receipt: Predicate<'output.receipt'>;
  readonly outputs: readonly Tensor[];
}

const schema = z.strictObject({ salts });

/** The body of the answer. */
export function encodeExecuteResponse({ entry, outputBytes, salts: used }: ExecuteResponse): Uint8Array {
  return encodeFrame({ head: { salts: used }, parts: [entry, outputBytes] });
}

/** Reads it. @throws FrameError, EnvelopeError, StatementError, TensorError, EncodingError */
export function decodeExecuteResponse(body: Uint8Array): ReadResponse {
  const [entry, outputBytes, used] = partsOf(body);
  const envelope = parseEnvelope(entry);
  const statement = readStatement(envelope);
  if (statement.kind !== 'output.receipt') {
    throw new FrameError('malformed', {
      what: `a ${statement.kind} stands where the receipt should`,
      where: 'part 0',
    });
  }
  const { id: receiptId, signer, predicate: receipt } = statement;
  return {
    entry,
    outputBytes,
    salts: used,
    receiptId,
    envelope,
    signer,
    receipt,
    outputs: decodeTensors(outputBytes),
  };
}

/** The receipt in an answer whose outputs may be erased. @throws FrameError */
export const receiptOf = (body: Uint8Array): Uint8Array => partsOf(body)[0];

/** The salts of such an answer. @throws FrameError */
export const saltsOf = (body: Uint8Array): Salts => partsOf(body)[2];

/** The same answer with `fields` overwritten, of the same length. @throws FrameError */
export function eraseResponse(body: Uint8Array, fields: readonly PrivateField[]): Uint8Array {
  const [entry, outputBytes, used] = partsOf(body);
  return encodeExecuteResponse({
    entry,
    outputBytes: fields.includes('output') ? new Uint8Array(outputBytes.length) : outputBytes,
    salts: withoutSalts(used, fields),
  });
}

function partsOf(body: Uint8Array): [entry: Uint8Array, outputBytes: Uint8Array, salts: Salts] {
  const { head, parts } = decodeFrame(body);
  const [entry, outputBytes] = parts;
  const parsed = schema.safeParse(head);
  if (entry !== undefined && outputBytes !== undefined && parts.length === 2 && parsed.success)
    return [entry, outputBytes, parsed.data.salts];
  throw new FrameError('malformed', { what: 'expected salts, a receipt and outputs', where: 'body' });
}
