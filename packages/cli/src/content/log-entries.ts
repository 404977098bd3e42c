/** Single entries of a log, proved before they are shown. */
import { type SignedStatement } from '@assay/core';
import { parseTlogProof } from '@assay/log';
import type { Wait } from '@assay/services';
import { type LoggedEntry, verifyLoggedEntry } from '@assay/verify';
import { CliError } from '../cli-error.ts';
import type { Session } from '../session.ts';

/** An entry's exact bytes, its proof, and what both were found to be. */
export interface ProvedEntry extends LoggedEntry {
  readonly entry: Uint8Array;
  readonly proof: Uint8Array;
  readonly statement: SignedStatement;
}

/** The entry at `index` with its proof, verified against the session's policy. @throws CliError, ReceiptError */
export async function provedEntry(
  session: Session,
  index: number,
  wait: Wait = 'witnessed',
): Promise<ProvedEntry> {
  const { log } = session;
  const proof = await log.proof(index, wait);
  const entry = await entryAt(session, index);
  const trust = { policy: session.policy, judgedAt: Math.floor(session.context.clock.now() / 1_000) };
  return { entry, proof, ...verifyLoggedEntry(entry, parseTlogProof(proof), trust) };
}

async function entryAt(session: Session, index: number): Promise<Uint8Array> {
  for await (const [entry] of session.log.entries(index, index + 1)) {
    if (entry !== undefined) return entry;
  }
  throw new CliError('unknown-name', { what: `the log has no entry ${index}` });
}
