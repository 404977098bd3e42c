/** A statement that a gateway shows, with the proof that it stands in the log. */
import { fromBase64, type Predicate, type SignedStatement, unixSeconds } from '@assay/core';
import { leafHash, parseTlogProof } from '@assay/log';
import { verifyLoggedEntry } from '@assay/verify';
import { SdkError } from '../errors.ts';
import { objectOf } from '../oip.ts';
import type { ExplainTrust } from './explain.ts';
import type { Placed } from './explain-leaf.ts';

type Kind = SignedStatement['kind'];

/** A statement that the gateway shows with its proof; undefined where it shows none. @throws SdkError `mismatch`; ReceiptError */
export function proven<K extends Kind>(
  told: unknown,
  kind: K,
  { policy, clock }: ExplainTrust,
): Placed<Predicate<K>> | undefined {
  const { entry, proof } = objectOf(told);
  if (typeof entry !== 'string' || typeof proof !== 'string') return undefined;
  const trust = { policy, judgedAt: unixSeconds(clock) };
  const bytes = fromBase64(entry);
  const { statement, index } = verifyLoggedEntry(bytes, parseTlogProof(fromBase64(proof)), trust);
  if (statement.kind !== kind) throw mismatch(`a ${statement.kind} stands where the ${kind} should`);
  const { id, signer } = statement;
  return { id, signer, predicate: statement.predicate as Predicate<K>, index, entryLeaf: leafHash(bytes) };
}

const mismatch = (what: string): SdkError =>
  new SdkError('mismatch', { what, fix: 'Keep what the gateway said.' });
