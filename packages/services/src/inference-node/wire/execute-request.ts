/** What a gateway asks of a node: one inference, with everything that will stand in its receipt. */
import { decodeTensors, type Tensor } from '@assay/core';
import { z } from 'zod';
import { decodeFrame, encodeFrame, FrameError } from './frame.ts';
import { ask, parameters, payment, salts, verification } from './scalars.ts';

const schema = z.strictObject({
  client: z.string().regex(/^(ed25519:[0-9a-f]{64}|[a-z0-9][a-z0-9._-]{0,63})$/, {
    error: 'expected a key id or a short name',
  }),
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, {
    error: 'expected letters, digits and . _ : - (at most 64)',
  }),
  model: z.string().regex(/^ed25519:[0-9a-f]{64}\/[a-z0-9][a-z0-9._-]{0,63}$/, {
    error: 'expected <owner key>/<name>',
  }),
  ask,
  /** Names of the outputs wanted, in order; all when absent. */
  outputs: z.array(z.string().min(1).max(256)).min(1).max(32).optional(),
  parameters,
  verification,
  uses: z
    .array(z.string().regex(/^[0-9a-f]{64}$/))
    .max(64)
    .optional(),
  rerunOf: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** 0 for the first try. Not part of the request's identity. */
  attempt: z.int().min(0).max(1_000),
  /** Not part of the request's identity either: a retry may come with others, and is told the first ones. */
  salts,
  /** For what money; absent where the answer is free. Another order makes another request. */
  payment: payment.optional(),
});

/** The head of an execute request. */
export type ExecuteHead = z.infer<typeof schema>;

/** An execute request taken apart. */
export interface ExecuteRequest extends ExecuteHead {
  readonly inputs: readonly Tensor[];
  /** Canonical encoding of `inputs`: the bytes that are committed. */
  readonly inputBytes: Uint8Array;
}

/** The body of POST /assay/v1/execute. */
export function encodeExecuteRequest(head: ExecuteHead, inputBytes: Uint8Array): Uint8Array {
  return encodeFrame({ head, parts: [inputBytes] });
}

/** Reads it. @throws FrameError, TensorError, EncodingError */
export function decodeExecuteRequest(body: Uint8Array): ExecuteRequest {
  const { head, parts } = decodeFrame(body);
  const [inputBytes] = parts;
  if (inputBytes === undefined || parts.length !== 1) {
    throw new FrameError('malformed', {
      what: `${parts.length} parts, one is due: the inputs`,
      where: 'body',
    });
  }
  return { ...parseHead(head), inputs: decodeTensors(inputBytes), inputBytes };
}

/** What makes a request one request: client and id (PROTOCOL 5.3). */
export const requestKey = ({ client, id }: Pick<ExecuteHead, 'client' | 'id'>): string => `${client} ${id}`;

function parseHead(head: unknown): ExecuteHead {
  const result = schema.safeParse(head);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FrameError('malformed', {
    what: issue?.message ?? 'not an execute request',
    where: issue?.path.join('.') ?? 'head',
  });
}
