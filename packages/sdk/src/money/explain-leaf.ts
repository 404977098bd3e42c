/** A charge under its batch's root: the leaf is made again from the receipt, the charge and where they stand. */
import { fromHex, type Predicate } from '@assay/core';
import {
  type Address,
  assayDomain,
  bytes32Of,
  chainIdOf,
  chargeLeafHash,
  evmHex,
  MoneyError,
  receiptPaymentDigest,
  recoverSigner,
  type Secp256k1,
  verifyMerkleProof,
} from '@assay/pay';
import { SdkError } from '../errors.ts';
import type { ChainToAsk } from './chain-to-ask.ts';
import { type PostedCharge, postedCharge } from './posted-charge.ts';

/** A statement that was proven to stand in the log. */
export interface Placed<P> {
  readonly id: string;
  readonly signer: string;
  readonly predicate: P;
  readonly index: number;
  /** RFC 6962 leaf hash of its entry. */
  readonly entryLeaf: Uint8Array;
}

/** What a charge's place in its batch is judged by. */
export interface LeafCase {
  readonly receipt: Placed<Predicate<'output.receipt'>>;
  readonly charge: Placed<Predicate<'charge'>>;
  readonly batch: Placed<Predicate<'batch'>>;
  /** Siblings of the leaf, as whoever answered gave them; undefined when nobody gave any. */
  readonly proof: unknown;
  /** Whether the log says that an incident gave the charge back. */
  readonly isRefunded: boolean;
  readonly chain: ChainToAsk | undefined;
  readonly curve: Secp256k1;
}

/** How far it was verified. */
export interface LeafChecked {
  /** Against which root the leaf was proven. */
  readonly leaf?: 'chain' | 'log';
  /** What could not be verified, and why. */
  readonly unverified: readonly string[];
}

const HASHES = /^0x[0-9a-f]{64}$/;

/** @throws SdkError `mismatch` when the leaf is not under the root, or the chain holds another one */
export async function checkLeaf(found: LeafCase): Promise<LeafChecked> {
  const { receipt, batch, isRefunded } = found;
  const { root, number, vault, network } = batch.predicate;
  const unverified: string[] = [];
  const posted = await onChain(found, unverified);
  if (posted !== undefined && posted.root !== root) {
    const held = posted.root === undefined ? 'no batch of that number' : `the root ${posted.root}`;
    throw mismatch(`batch ${number} has the root ${root} in the log, and the vault ${vault} holds ${held}`);
  }
  if (posted !== undefined && isRefunded && !posted.isRefunded) {
    unverified.push(
      `that the money of the refund went out: the vault on ${network} has not paid receipt ${receipt.index} back yet`,
    );
  }
  const { proof } = found;
  if (proof === undefined) {
    unverified.push(`that the charge is in batch ${number}: the gateway gave no proof of its leaf`);
    return { unverified };
  }
  if (!Array.isArray(proof) || !proof.every((hash) => typeof hash === 'string' && HASHES.test(hash)))
    throw mismatch('the proof of the charge in its batch is no list of hashes');
  const siblings = proof.map((hash: string) => fromHex(hash.slice(2)));
  if (!verifyMerkleProof(fromHex(root.slice(2)), leafOf(found), siblings))
    throw mismatch(`the charge's leaf is not under the root of batch ${number}`);
  return { leaf: posted === undefined ? 'log' : 'chain', unverified };
}

async function onChain(
  { chain, batch, receipt }: LeafCase,
  unverified: string[],
): Promise<PostedCharge | undefined> {
  const { network, vault, number } = batch.predicate;
  const what = `that the vault on ${network} holds the root of batch ${number}`;
  if (chain === undefined) {
    unverified.push(`${what}: no JSON-RPC of that chain was given`);
    return undefined;
  }
  try {
    return await postedCharge(chain, { network, vault, batch: Number(number), receipt: receipt.index });
  } catch (error) {
    unverified.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** The leaf as specs/payments.md has it; the node is whoever signed the receipt's amount for this vault. */
function leafOf({ receipt, charge, batch, curve }: LeafCase): Uint8Array {
  const { network, vault, number } = batch.predicate;
  const said = receipt.predicate;
  const digest = receiptPaymentDigest(
    assayDomain(chainIdOf(network), vault as Address),
    receipt.signer,
    said,
  );
  return chargeLeafHash({
    batch: BigInt(number),
    receiptId: bytes32Of(receipt.id),
    entryLeaf: evmHex(receipt.entryLeaf),
    logIndex: BigInt(receipt.index),
    payer: charge.predicate.payer,
    node: nodeOf(digest, said.paymentSignature ?? '', curve),
    version: bytes32Of(said.version),
    priceBook: bytes32Of(charge.predicate.priceBook),
    amount: BigInt(charge.predicate.amount),
    fee: BigInt(charge.predicate.fee),
  });
}

function nodeOf(digest: Uint8Array, signature: string, curve: Secp256k1): Address {
  try {
    const signer = recoverSigner(digest, `0x${signature}`, curve);
    if (signer !== undefined) return signer;
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
  }
  throw mismatch("nobody signed the receipt's amount for the batch's vault");
}

const mismatch = (what: string): SdkError =>
  new SdkError('mismatch', { what, fix: 'Keep what the gateway said as evidence.' });
