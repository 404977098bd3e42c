/** What a node answered, read: an answer that is not what it should be is the node's fault, in an error its caller expects. */
import { EncodingError } from '@assay/core';
import { FormatError, NodeError, ReceiptError } from '../errors.ts';
import { decodeShardReceipt, type ShardReceipt } from '../receipt.ts';

/** @throws NodeError `corrupt` when `read` finds the bytes malformed: nothing but the node is to blame for them */
export function wellFormed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof EncodingError)) throw error;
    throw new NodeError('corrupt', { what: `the node's answer cannot be read: ${error.what}`, cause: error });
  }
}

/** @throws ReceiptError `signature` when the bytes are no receipt: whoever gives such a thing is not to be trusted */
export function wellFormedReceipt(bytes: Uint8Array): ShardReceipt {
  try {
    return decodeShardReceipt(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ReceiptError('signature', { what: `the answer is no receipt: ${error.what}`, cause: error });
  }
}
