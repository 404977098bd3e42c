/** Holds a node's answer against what was asked, before a client sees it: who relays an answer answers for it. */
import {
  AssayError,
  commit,
  decodeTensors,
  type Envelope,
  fromHex,
  type Tensor,
  verifyEnvelope,
} from '@assay/core';
import type { Secp256k1 } from '@assay/core/money';
import { moneyFlawOf } from '@assay/verify';
import type { ExecuteHead, ReadResponse } from '../inference-node/wire/index.ts';
import type { PublishedPrice } from '@assay/views';
import type { RequestHash } from './request-hash.ts';

/** What was asked of which node. */
export interface Asked {
  readonly head: ExecuteHead;
  readonly inputBytes: Uint8Array;
  readonly requestHash: RequestHash;
  /** Key id of the node. */
  readonly node: string;
  /** Absent where the answer is free. */
  readonly money?: AskedMoney | undefined;
}

/** By what the money of an answer is judged. */
export interface AskedMoney {
  readonly price: PublishedPrice;
  /** The payment key of a node, as the log has it. */
  readonly paymentKeyOf: (node: string) => string | undefined;
  readonly curve: Secp256k1;
}

/**
 * What is wrong with `answer`, or undefined. The version is not judged here: a node that serves the wrong one signs
 * for it, and the log will show it.
 */
export function flawOf(answer: ReadResponse, asked: Asked): string | undefined {
  const { head, inputBytes, node, requestHash } = asked;
  const { receipt, salts, signer } = answer;
  if (signer !== node) return `the receipt is signed by ${signer}`;
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ['request.id', receipt.request.id, head.id],
    ['request.client', receipt.request.client, head.client],
    ['model', receipt.model, head.model],
    ['verification', receipt.verification, head.verification],
    ['request.hash', receipt.request.hash, requestHash(salts.request)],
    ['input', receipt.input, commit(fromHex(salts.input), 'input', inputBytes)],
    ['output', receipt.output, commit(fromHex(salts.output), 'output', answer.outputBytes)],
    ['order', receipt.order, head.payment?.order],
  ];
  const wrong = expected.find(([, found, due]) => found !== due);
  if (wrong !== undefined) return `the receipt's ${wrong[0]} is not that of the request or answer`;
  return moneyFlaw(answer, asked) ?? signatureFlaw(answer.envelope);
}

function signatureFlaw(envelope: Envelope): string | undefined {
  try {
    verifyEnvelope(envelope);
    return undefined;
  } catch (error) {
    if (error instanceof AssayError) return error.what;
    throw error;
  }
}

/** A node that is paid by the byte must count them right, keep to the ceiling, and sign for the amount. */
function moneyFlaw({ receipt, outputs }: ReadResponse, asked: Asked): string | undefined {
  const { head, inputBytes, node, money } = asked;
  if (money === undefined || head.payment === undefined) {
    return receipt.amount === undefined ? undefined : 'the receipt charges for a free answer';
  }
  const sizes = [sizeOf(decodeTensors(inputBytes)), sizeOf(outputs)];
  const { usage, amount } = receipt;
  if (usage.inputBytes !== String(sizes[0]) || usage.outputBytes !== String(sizes[1])) {
    return 'the receipt counts other bytes than came and went';
  }
  if (BigInt(amount ?? 0) > BigInt(head.payment.max)) return 'the receipt charges more than was ordered';
  const paymentKey = money.paymentKeyOf(node);
  if (paymentKey === undefined) return `${node} has no payment key`;
  const flaw = moneyFlawOf(receipt, { node, paymentKey, book: money.price.book, curve: money.curve });
  return flaw === undefined ? undefined : `the receipt does not hold: ${flaw}`;
}

const sizeOf = (tensors: readonly Tensor[]): number =>
  tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);
