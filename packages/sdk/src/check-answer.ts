/** Holds an answer against its receipt before anybody sees it: signed by a node, and about exactly these bytes. */
import {
  commit,
  encodeTensors,
  fromBase64,
  fromHex,
  hex,
  type Json,
  openStatement,
  type Predicate,
  requestBytes,
} from '@assay/core';
import { leafHash, parseTlogProof, type Policy, verifyTlogProof } from '@assay/log';
import { SdkError } from './errors.ts';
import type { OipAnswer } from './oip.ts';
import type { Question } from './question.ts';

/** An answer whose receipt holds. */
export interface CheckedAnswer {
  /** Record id of the receipt. */
  readonly id: string;
  /** Exact bytes of the receipt's entry. */
  readonly entry: Uint8Array;
  /** Key id of the node that signed. */
  readonly node: string;
  readonly receipt: Predicate<'output.receipt'>;
  /** Log index and what was proved, where a proof came along. */
  readonly logged?: { readonly index: number; readonly witnessed: boolean };
}

/**
 * The receipt must be the one that is named, of this request by this client, of the version that was pinned, and about
 * exactly these inputs and outputs. A retry may be told the salts of its first try; they must open the commitments too.
 *
 * @throws SdkError `mismatch` | `not-an-answer`; EnvelopeError; ProofError; PolicyError
 */
export function checkAnswer(answer: OipAnswer, question: Question, policy: Policy): CheckedAnswer {
  const { parameters, outputs } = answer;
  const id = textOf(parameters, 'assay_receipt');
  const entry = fromBase64(textOf(parameters, 'assay_entry'));
  const statement = openStatement(entry);
  if (statement.id !== id || statement.kind !== 'output.receipt')
    throw mismatch(`record ${id} is not the receipt that was named`);
  const { predicate: receipt, signer: node } = statement;
  checkAnswersUs(receipt, question);
  const salt = (field: string): string => textOf(parameters, `assay_salt_${field}`);
  const due = [
    ['request', receipt.request.hash, requestHash(question, salt('request'))],
    ['input', receipt.input, commit(fromHex(salt('input')), 'input', question.inputBytes)],
    ['output', receipt.output, commit(fromHex(salt('output')), 'output', encodeTensors(outputs))],
  ] as const;
  for (const [domain, found, commitment] of due) {
    if (found !== commitment) throw mismatch(`the receipt's ${domain} is not the one of this answer`);
  }
  const proof = parameters['assay_proof'];
  if (typeof proof !== 'string') return { id, entry, node, receipt };
  const isWitnessed = parameters['assay_state'] === 'witnessed';
  const logged = checkProof(entry, fromBase64(proof), { policy, isWitnessed });
  return { id, entry, node, receipt, logged };
}

/** Under the salt that was sent, which is nearly always the one that comes back, the question knows it. */
function requestHash(question: Question, salt: string): string {
  const { asked, inputBytes, salts } = question;
  if (salt === hex(salts.request)) return question.requestHash;
  return commit(fromHex(salt), 'request', requestBytes(asked, inputBytes));
}

function checkAnswersUs(
  { request, model, version, target }: CheckedAnswer['receipt'],
  question: Question,
): void {
  const { asked } = question;
  if (request.id !== asked.id || request.client !== asked.client)
    throw mismatch(`the receipt is for request ${request.id} of ${request.client}`);
  if (model !== asked.model) throw mismatch(`the receipt is about ${model}`);
  if ('pin' in asked.ask) {
    if (version !== asked.ask.pin)
      throw mismatch(`version ${asked.ask.pin} was asked for, and the receipt says ${version}`);
  } else if (!('channel' in target) || target.channel !== asked.ask.channel) {
    throw mismatch(`channel ${asked.ask.channel} was asked for, and the receipt obeyed something else`);
  }
}

/** A proof that was waited for as `sequenced` shows the log's own signature; witnesses come later. */
function checkProof(
  entry: Uint8Array,
  proof: Uint8Array,
  { policy, isWitnessed }: { readonly policy: Policy; readonly isWitnessed: boolean },
): { index: number; witnessed: boolean } {
  const parsed = parseTlogProof(proof);
  verifyTlogProof(parsed, leafHash(entry), isWitnessed ? policy : { ...policy, quorum: 'none' });
  return { index: parsed.index, witnessed: isWitnessed };
}

function textOf(parameters: Readonly<Record<string, Json>>, name: string): string {
  const value = parameters[name];
  if (typeof value === 'string') return value;
  throw new SdkError('not-an-answer', {
    what: `the answer has no ${name}`,
    fix: 'This gateway gives no receipts, or is older than this client.',
  });
}

/** An answer that must not be used. */
export const mismatch = (what: string): SdkError =>
  new SdkError('mismatch', { what, fix: 'Do not use the answer.' });
