/** Holds an answer against its receipt before anybody sees it: signed by a node, and about exactly these bytes. */
import {
  encodeTensors,
  fromBase64,
  fromHex,
  openCommitment,
  openStatement,
  type Predicate,
  type Tensor,
} from '@assay/core';
import { leafHash, parseTlogProof, type Policy, verifyTlogProof } from '@assay/log';
import type { Registry } from '@assay/views';
import { CliError } from '../cli-error.ts';
import { readFile } from '../content/http-log-reader.ts';
import type { GatewayAnswer } from './ask-gateway.ts';

/** An answer whose receipt holds. */
export interface CheckedAnswer {
  readonly id: string;
  readonly node: string;
  readonly receipt: Predicate<'output.receipt'>;
  /** Log index and what was proved, where a proof came along. */
  readonly logged?: { readonly index: number; readonly witnessed: boolean };
}

/** What was asked, and whom to believe. */
export interface Asked {
  readonly gateway: string;
  readonly requestId: string;
  readonly client: string;
  /** Digest of the version that was asked for, if one was. */
  readonly pin: string | undefined;
  readonly inputs: readonly Tensor[];
  readonly policy: Policy;
  readonly registry: Registry;
}

/** @throws CliError `gateway` | `mismatch`; EnvelopeError; CommitmentError; ProofError; PolicyError */
export async function checkReceipt(answer: GatewayAnswer, asked: Asked): Promise<CheckedAnswer> {
  const { parameters, outputs } = answer;
  const id = textOf(parameters, 'assay_receipt');
  const entry = await readFile(`${asked.gateway}/assay/v1/receipts/${id}`);
  if (entry === undefined)
    throw new CliError('gateway', { what: `the gateway has no receipt ${id}`, where: asked.gateway });
  const statement = openStatement(entry);
  if (statement.id !== id || statement.kind !== 'output.receipt')
    throw otherThing(`record ${id} is not the receipt that was named`);
  const { predicate: receipt, signer: node } = statement;
  if (asked.registry.participants.get(node)?.roles.includes('node') !== true) {
    throw otherThing(`the receipt is signed by ${node}, which is no node of this log`);
  }
  checkAnswersUs(receipt, asked);
  openWith(receipt.input, 'input', { salt: textOf(parameters, 'assay_salt_input'), tensors: asked.inputs });
  openWith(receipt.output, 'output', { salt: textOf(parameters, 'assay_salt_output'), tensors: outputs });
  const proof = parameters['assay_proof'];
  if (typeof proof !== 'string') return { id, node, receipt };
  return {
    id,
    node,
    receipt,
    logged: checkProof(entry, fromBase64(proof), { ...asked, state: parameters['assay_state'] }),
  };
}

/** The receipt must be of this request, by this client, and of the version that was pinned. */
function checkAnswersUs({ request, version }: CheckedAnswer['receipt'], asked: Asked): void {
  if (request.id !== asked.requestId || request.client !== asked.client) {
    throw otherThing(`the receipt is for request ${request.id} of ${request.client}`);
  }
  if (asked.pin !== undefined && version !== asked.pin) {
    throw otherThing(`version ${asked.pin} was asked for, and the receipt says ${version}`);
  }
}

function openWith(
  commitment: string,
  domain: 'input' | 'output',
  opening: { readonly salt: string; readonly tensors: readonly Tensor[] },
): void {
  openCommitment(commitment, domain, { salt: fromHex(opening.salt), bytes: encodeTensors(opening.tensors) });
}

/** A proof that was waited for as `sequenced` shows the log's own signature; witnesses come later. */
function checkProof(
  entry: Uint8Array,
  proof: Uint8Array,
  { policy, state }: { readonly policy: Policy; readonly state: unknown },
): { index: number; witnessed: boolean } {
  const witnessed = state === 'witnessed';
  const parsed = parseTlogProof(proof);
  verifyTlogProof(parsed, leafHash(entry), witnessed ? policy : { ...policy, quorum: 'none' });
  return { index: parsed.index, witnessed };
}

function textOf(parameters: GatewayAnswer['parameters'], name: string): string {
  const value = parameters[name];
  if (typeof value === 'string') return value;
  throw new CliError('gateway', {
    what: `the answer has no ${name}`,
    fix: 'This gateway gives no receipts.',
  });
}

const otherThing = (what: string): CliError =>
  new CliError('mismatch', { what, fix: 'Do not use the answer; keep the receipt as evidence.' });
