/** Statements of nodes about what they can serve, and of gateways about what they delivered. */
import { z } from 'zod';
import { digest, nonce, recordId, seconds, uint64 } from './scalars.ts';

/** A stream of receipts of one node process: 128 random bits in hexadecimal. */
export const streamId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, { error: 'expected a stream id (32 hexadecimal digits)' });

/** The newest receipt of a stream; absent members mean that the stream has none yet. */
const head = { stream: streamId, sequence: uint64.optional(), head: recordId.optional() };

/** Signed by the node at each start, before its first answer (PROTOCOL 5.1). */
export const serveStream = z.strictObject({
  stream: streamId,
  previousStream: streamId.optional(),
  lastSequence: uint64.optional(),
  lastReceipt: recordId.optional(),
});

/** Signed by the node: from now until `expires` it can serve `version`. A renewal states the stream's head. */
export const serveLease = z.strictObject({ version: digest, expires: seconds, nonce, ...head });

/** Signed by the node: it has served its last of `version` under the lease that it opened with `lease`. */
export const serveDrain = z.strictObject({ version: digest, lease: recordId, ...head });

/** Closes a dead node's lease as "tail unknown" (PROTOCOL 5.2). Signed by the model's owner. */
export const leaseLapse = z.strictObject({ lease: recordId });

/** Signed by the gateway: which of a request's receipts went to the caller, and how much of it (PROTOCOL 5.4). */
export const requestDeliver = z.strictObject({ receipt: recordId, bytesSent: uint64 });
