/** Holds a node's answer against what was asked, before a client sees it: who relays an answer answers for it. */
import { AssayError, commit, fromHex, parseEnvelope, requestBytes, verifyEnvelope } from '@assay/core';
import type { ExecuteHead, ReadResponse } from '../inference-node/wire/index.ts';

/** What was asked of which node. */
export interface Asked {
  readonly head: ExecuteHead;
  readonly inputBytes: Uint8Array;
  /** Key id of the node. */
  readonly node: string;
}

/**
 * What is wrong with `answer`, or undefined. The version is not judged here: a node that serves the wrong one signs
 * for it, and the log will show it.
 */
export function flawOf(answer: ReadResponse, { head, inputBytes, node }: Asked): string | undefined {
  const { receipt, salts, signer } = answer;
  if (signer !== node) return `the receipt is signed by ${signer}`;
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ['request.id', receipt.request.id, head.id],
    ['request.client', receipt.request.client, head.client],
    ['model', receipt.model, head.model],
    ['verification', receipt.verification, head.verification],
    [
      'request.hash',
      receipt.request.hash,
      commit(fromHex(salts.request), 'request', requestBytes(head, inputBytes)),
    ],
    ['input', receipt.input, commit(fromHex(salts.input), 'input', inputBytes)],
    ['output', receipt.output, commit(fromHex(salts.output), 'output', answer.outputBytes)],
  ];
  const wrong = expected.find(([, found, due]) => found !== due);
  if (wrong !== undefined) return `the receipt's ${wrong[0]} is not that of the request or answer`;
  return signatureFlaw(answer.entry);
}

function signatureFlaw(entry: Uint8Array): string | undefined {
  try {
    verifyEnvelope(parseEnvelope(entry));
    return undefined;
  } catch (error) {
    if (error instanceof AssayError) return error.what;
    throw error;
  }
}
